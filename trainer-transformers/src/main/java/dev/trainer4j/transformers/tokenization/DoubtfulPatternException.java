// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

/** A pattern of which it cannot be said how long it takes. The message completes "because ...". */
final class DoubtfulPatternException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  DoubtfulPatternException(String message) {
    super(message);
  }
}
