// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.regex.Pattern;

/**
 * One mistake in the arguments.
 *
 * @param argument the argument, spelled as in the source: camelCase from the builder, Hugging Face's name from a file
 * @param value what it was set to, shortened, secrets masked; empty where there is nothing to show, as for a name that nobody knows
 * @param expected what it takes instead
 * @param remedy what to do about it; empty where {@code expected} says it all
 */
public record ArgumentProblem(String argument, String value, String expected, String remedy) {
  private static final int LONGEST_VALUE = 80;

  /** Masks the value of a secret and shortens a long one: a problem is logged, and secrets must not be. */
  public ArgumentProblem {
    value = Secrets.mask(argument, value).toString();
    if (value.length() > LONGEST_VALUE) {
      value = value.substring(0, LONGEST_VALUE) + "…";
    }
  }

  /** The same problem seen from outside: the argument is part of another one. */
  ArgumentProblem inside(String outer) {
    return new ArgumentProblem(outer + "." + argument, value, expected, remedy);
  }

  /** The argument of which this is a part, or the argument itself. */
  String outermost() {
    return argument.split("\\.", 2)[0];
  }

  /** Whether this problem is about the argument, or names it as part of the cause. */
  boolean mentions(String name) {
    Pattern whole = Pattern.compile("\\b" + Pattern.quote(name) + "\\b");
    return whole.matcher(argument + " " + expected + " " + remedy).find();
  }

  /** One line: {@code learning_rate = -1: expected a number of at least 0.} */
  @Override
  public String toString() {
    String what = value.isEmpty() ? argument : argument + " = " + value;
    return what
        + ": expected "
        + expected
        + "."
        + (remedy.isEmpty() ? "" : " " + remedy + (remedy.endsWith("?") ? "" : "."));
  }
}
