// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.inspect;

/** How wide the terminal is. */
final class Terminal {

  private static final int USUAL = 80;
  private static final int WIDEST = 120;

  private Terminal() {}

  /** Returns the columns to fill: what the shell tells in COLUMNS, else 80. */
  static int columns() {
    String told = System.getenv("COLUMNS");
    if (told != null && told.matches("[1-9][0-9]{1,3}")) {
      return Math.min(WIDEST, Integer.parseInt(told));
    }
    return USUAL;
  }
}
