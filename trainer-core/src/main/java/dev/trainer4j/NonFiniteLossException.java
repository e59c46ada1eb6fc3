// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

/** A loss or gradient norm was NaN or infinite, and the policy is to stop. */
public final class NonFiniteLossException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  NonFiniteLossException(String message) {
    super(message);
  }
}
