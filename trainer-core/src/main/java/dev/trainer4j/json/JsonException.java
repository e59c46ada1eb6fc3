// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.json;

import org.jspecify.annotations.Nullable;

/**
 * A JSON file that does not hold what it should. The message names the file, the place in it, what stands
 * there and what was expected.
 */
public final class JsonException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a message, and with the exception of the parser if there is one. */
  public JsonException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
