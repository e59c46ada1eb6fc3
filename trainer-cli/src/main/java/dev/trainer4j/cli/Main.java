// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

/** The entry of the program {@code trainer}. */
public final class Main {
  private Main() {}

  /**
   * Runs a command and ends the process with its exit code: 0 for success, 1 for a run that failed, 2 for a command line that cannot
   * be understood.
   *
   * @param args the words of the command line
   */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  /**
   * Runs a command in this process.
   *
   * @param args the words of the command line
   * @return the exit code that {@link #main} would end with
   */
  public static int run(String... args) {
    return Program.commandLine().execute(args);
  }
}
