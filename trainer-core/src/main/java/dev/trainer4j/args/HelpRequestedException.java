// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/**
 * A command line asked for {@code --help}; the message is the help. A main method prints it and returns. It is an exception because a
 * library must not end the program, and because there are no arguments to return.
 */
public final class HelpRequestedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  HelpRequestedException(String help) {
    super(help, null, false, false);
  }
}
