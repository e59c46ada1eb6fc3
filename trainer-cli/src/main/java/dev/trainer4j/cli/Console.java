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
 * @param isFirst whether this is the one process, or of several the one that speaks for all
 */
public record Console(PrintWriter out, PrintWriter err, boolean quiet, boolean isFirst) {

  public static Console of(CommandLine command) {
    CommandLine root = command;
    while (root.getParent() != null) {
      root = root.getParent();
    }
    boolean quiet = root.getCommand() instanceof TrainerCommand program && program.quiet();
    // 'trainer launch' tells each of its processes which one it is.
    boolean isFirst = System.getenv().getOrDefault("RANK", "0").equals("0");
    return new Console(command.getOut(), command.getErr(), quiet, isFirst);
  }

  /** Says what the program found out by itself, or does now; of several processes the first one says it. */
  public void tell(String text) {
    if (!quiet && isFirst) {
      err.println(text);
    }
  }
}
