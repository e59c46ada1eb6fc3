// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

/** A listener of a search has thrown. */
final class ListenerFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ListenerFailure(SearchListener listener, RuntimeException cause) {
    super(listener.getClass().getName() + " failed: " + cause.getMessage(), cause);
  }
}
