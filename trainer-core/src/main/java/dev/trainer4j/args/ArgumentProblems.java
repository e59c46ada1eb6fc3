// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with arguments, for the rules of an {@link ArgumentTable}. */
public final class ArgumentProblems {
  private final ArgumentTable<?, ?> table;
  private final Object arguments;
  private final List<ArgumentProblem> found = new ArrayList<>();

  ArgumentProblems(ArgumentTable<?, ?> table, Object arguments) {
    this.table = table;
    this.arguments = arguments;
  }

  /**
   * Adds a mistake.
   *
   * @param wrong whether it was made
   * @param name the argument, in snake_case
   * @param expected what it takes instead, such as "false, since bf16 is true"
   * @param remedy what to do about it, without the dot at its end; empty where {@code expected} says it all
   */
  public void check(boolean wrong, String name, String expected, String remedy) {
    if (wrong) {
      Object value = table.argument(name).plain(arguments);
      String shown = value == null ? "" : ValueType.show(Secrets.mask(name, value));
      found.add(new ArgumentProblem(name, shown, expected, remedy));
    }
  }

  /**
   * Adds mistakes that were found elsewhere.
   *
   * @param problems by the names of files
   */
  public void addAll(List<ArgumentProblem> problems) {
    found.addAll(problems);
  }

  List<ArgumentProblem> found() {
    return found;
  }
}
