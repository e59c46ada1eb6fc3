// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

import java.io.PrintWriter;
import picocli.CommandLine;

/**
 * Where a command prints.
 *
 * @param out results, which a pipe reads
 * @param err what a person reads meanwhile
 * @param quiet whether the person asked for warnings and errors only
 */
public record Console(PrintWriter out, PrintWriter err, boolean quiet) {

  public static Console of(CommandLine command) {
    CommandLine root = command;
    while (root.getParent() != null) {
      root = root.getParent();
    }
    boolean quiet = root.getCommand() instanceof TrainerCommand program && program.quiet();
    return new Console(command.getOut(), command.getErr(), quiet);
  }

  /** Says what the program found out by itself, or does now. */
  public void tell(String text) {
    if (!quiet) {
      err.println(text);
    }
  }
}
