// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import org.jspecify.annotations.Nullable;

/**
 * A tokenizer could not be read or used. The message names the file or the argument, and what to do.
 */
public final class TokenizerException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a message. */
  public TokenizerException(String message) {
    super(message);
  }

  /** Creates the exception with a message and the original exception. */
  public TokenizerException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
