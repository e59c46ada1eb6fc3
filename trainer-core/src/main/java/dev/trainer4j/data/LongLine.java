// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.nio.file.Path;

/** How long a line may be, or what quotes join to one, before it is no row but a file of another kind. */
final class LongLine {

  /** A long book has a million characters. */
  static final int MAX_LENGTH = 1 << 24;

  private LongLine() {}

  static DataException in(Path file, long line) {
    return new DataException(
        file
            + ", line "
            + line
            + ": is longer than "
            + MAX_LENGTH
            + " characters, the most that a row may have. Is it the right file, and does every quote"
            + " end? Cut longer texts into several rows.");
  }
}
