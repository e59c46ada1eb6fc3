// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

/** What the program tells the shell. */
public final class ExitCodes {
  /** All is well. */
  public static final int OK = 0;

  /** The command was understood, and failed. */
  public static final int FAILED = 1;

  /** The command line, or a file of arguments that it names, has a mistake, or what it names is not there. */
  public static final int USAGE = 2;

  private ExitCodes() {}
}
