// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

/**
 * A mistake in the command line that shows only when the work begins: a file that is not there, or flags that do not go together. The
 * message names the flag. Data that are wrong inside are another matter.
 */
public final class UsageException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** Makes a message of one sentence without a full stop. */
  public UsageException(String message) {
    super(message);
  }

  /** Keeps what it followed from. */
  public UsageException(String message, Throwable cause) {
    super(message, cause);
  }
}
