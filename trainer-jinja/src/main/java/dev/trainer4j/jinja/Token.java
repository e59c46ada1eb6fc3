// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.Map;

/**
 * A piece of a template.
 *
 * @param type what it is: {@code data}, {@code name}, {@code string}, {@code integer}, {@code float},
 *     {@code eof}, a mark such as {@code block_begin}, the sign of an operator, or {@code error}
 * @param value its text, number, or error
 * @param line where it begins
 */
record Token(String type, Object value, int line) {

  private static final Map<String, String> DESCRIBED =
      Map.of(
          "block_begin", "begin of statement block",
          "block_end", "end of statement block",
          "variable_begin", "begin of print statement",
          "variable_end", "end of print statement",
          "data", "template data / text",
          "eof", "end of template");

  boolean is(String wanted) {
    return type.equals(wanted);
  }

  boolean isName(String name) {
    return type.equals("name") && value.equals(name);
  }

  /** What messages call it. */
  String described() {
    return is("name") ? (String) value : describe(type);
  }

  static String describe(String type) {
    return DESCRIBED.getOrDefault(type, type);
  }
}
