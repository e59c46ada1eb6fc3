// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.regex.Pattern;

/**
 * One mistake in the arguments.
 *
 * @param argument the argument, spelled as in the source: camelCase from the builder, Hugging Face's name from a file
 * @param value what it was set to, shortened, secrets masked
 * @param expected what it takes instead
 * @param remedy what to do about it; empty where {@code expected} says it all
 */
public record ArgumentProblem(String argument, String value, String expected, String remedy) {
  private static final int LONGEST_VALUE = 80;

  /** A name in quotes or after a dot is a key of {@code optim_args} and its like, which has one spelling only. */
  private static final Pattern HF_NAME = Pattern.compile("(?<!['.])\\b[a-z]+(?:_[a-z0-9]+)+\\b");

  /** Masks the value of a secret and shortens a long one: a problem is logged, and secrets must not be. */
  public ArgumentProblem {
    value = Secrets.mask(argument, value).toString();
    if (value.length() > LONGEST_VALUE) {
      value = value.substring(0, LONGEST_VALUE) + "…";
    }
  }

  /** The same problem for someone who uses the builder. Only names of arguments change; names of values stay. */
  ArgumentProblem inCamelCase() {
    return new ArgumentProblem(camel(argument), value, camel(expected), camel(remedy));
  }

  /** Whether this problem is about the argument, or names it as part of the cause. */
  boolean mentions(String name) {
    Pattern whole = Pattern.compile("\\b" + Pattern.quote(name) + "\\b");
    return whole.matcher(argument + " " + expected + " " + remedy).find();
  }

  private static String camel(String text) {
    return HF_NAME
        .matcher(text)
        .replaceAll(
            found ->
                SupportedArguments.BY_NAME.containsKey(found.group())
                    ? Names.camelCase(found.group())
                    : found.group());
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
