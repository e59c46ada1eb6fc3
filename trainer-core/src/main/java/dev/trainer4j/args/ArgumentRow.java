// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** One row of an {@link ArgumentTable}, and of its documentation: a name, and what becomes of it here. */
public sealed interface ArgumentRow permits Argument, RefusedArgument {
  /**
   * The heading under which the documentation shows it.
   *
   * @return empty where the table has no headings
   */
  String group();

  /**
   * The name in files and on the command line.
   *
   * @return in snake_case
   */
  String name();

  /**
   * What becomes of it.
   *
   * @return {@code supported}, {@code our own}, {@code not supported yet: } and what that would be, or {@code not applicable: } and why
   */
  String decision();
}
