// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Where commands write, and how wide that is. */
final class Terminal {

  private static final int USUAL = 80;
  private static final int WIDEST = 120;

  private Terminal() {}

  /** Returns where the results of a command go. */
  static PrintWriter out(@Nullable CommandSpec spec) {
    if (spec == null) {
      throw new IllegalStateException("the command was not run by picocli");
    }
    return spec.commandLine().getOut();
  }

  /** Returns the columns to fill: what the shell tells in COLUMNS, else 80. */
  static int columns() {
    String told = System.getenv("COLUMNS");
    if (told != null && told.matches("[1-9][0-9]{1,3}")) {
      return Math.min(WIDEST, Integer.parseInt(told));
    }
    return USUAL;
  }
}
