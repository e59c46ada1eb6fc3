// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import org.jspecify.annotations.Nullable;

/**
 * Samples could not be read or made into a batch. The message says which file and line, or which
 * samples; the cause is the original exception where there is one.
 */
public final class DataException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a message. */
  public DataException(String message) {
    super(message);
  }

  /** Creates the exception with a message and the original exception. */
  public DataException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
