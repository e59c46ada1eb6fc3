// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.List;
import java.util.stream.Collectors;

/** The arguments of a run do not hold together. It carries every mistake, so that one look is enough to mend them all. */
public final class InvalidArgumentsException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient List<ArgumentProblem> details;

  InvalidArgumentsException(String source, List<ArgumentProblem> details) {
    super(message(source, details));
    this.details = List.copyOf(details);
  }

  /**
   * The mistakes, one line each.
   *
   * @return at least one
   */
  public List<String> problems() {
    return details.stream().map(ArgumentProblem::toString).toList();
  }

  /**
   * The mistakes, in parts.
   *
   * @return at least one
   */
  public List<ArgumentProblem> details() {
    return details;
  }

  private static String message(String source, List<ArgumentProblem> details) {
    String count = details.size() == 1 ? "1 mistake" : details.size() + " mistakes";
    return details.stream()
        .map(ArgumentProblem::toString)
        .collect(Collectors.joining("\n  - ", count + " in " + source + ":\n  - ", ""));
  }
}
