// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

/** A row cannot be trained on; the message says why, without its number. */
final class InvalidRowException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  InvalidRowException(String reason) {
    super(reason);
  }

  InvalidRowException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
