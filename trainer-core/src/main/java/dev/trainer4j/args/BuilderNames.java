// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.Map;
import java.util.regex.Pattern;

/** Messages for someone who uses a builder, where arguments are called {@code learningRate} and not {@code learning_rate}. */
final class BuilderNames {
  /** A name in quotes or after a dot is a key of {@code optim_args} and its like, which has one spelling only. */
  private static final Pattern SNAKE_CASE =
      Pattern.compile("(?<!['.])\\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\\b");

  private final Map<String, ArgumentRow> rows;

  BuilderNames(Map<String, ArgumentRow> rows) {
    this.rows = rows;
  }

  /** The text with names of the builder; names of values stay. */
  String of(String text) {
    return SNAKE_CASE
        .matcher(text)
        .replaceAll(
            found ->
                rows.get(found.group()) instanceof Argument
                    ? Names.camelCase(found.group())
                    : found.group());
  }

  ArgumentProblem of(ArgumentProblem problem) {
    return new ArgumentProblem(
        of(problem.argument()), problem.value(), of(problem.expected()), of(problem.remedy()));
  }
}
