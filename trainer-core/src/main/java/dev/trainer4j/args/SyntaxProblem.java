// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** A text that is not the JSON or YAML of one flat set of arguments. */
final class SyntaxProblem extends Exception {
  private static final long serialVersionUID = 1L;

  private final String remedy;

  /** There is no cause: a parser quotes the text it trips over, and that may be a secret. */
  SyntaxProblem(String expected, String remedy) {
    super(expected);
    this.remedy = remedy;
  }

  String expected() {
    return String.valueOf(getMessage());
  }

  String remedy() {
    return remedy;
  }
}
