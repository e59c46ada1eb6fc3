// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/** What a template did wrong, with the name that Python's error has. The line is added on the way out. */
final class PyError extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String kind;

  PyError(String kind, String message) {
    super(message, null, false, false); // the line of the template tells more than a Java stack
    this.kind = kind;
  }

  static PyError type(String message) {
    return new PyError("TypeError", message);
  }

  static PyError value(String message) {
    return new PyError("ValueError", message);
  }

  static PyError zeroDivision(String message) {
    return new PyError("ZeroDivisionError", message);
  }

  static PyError overflow(String message) {
    return new PyError("OverflowError", message);
  }

  static PyError argument(String message) {
    return new PyError("FilterArgumentError", message);
  }

  static PyError recursion(String what) {
    return new PyError("RecursionError", "maximum recursion depth exceeded: " + what);
  }

  static PyError limit(String message) {
    return new PyError("LimitError", message);
  }

  /** For what Python can do and chat templates have no use of. */
  static PyError notOffered(String what) {
    return new PyError("NotImplementedError", what + " is not offered in chat templates");
  }

  String kind() {
    return kind;
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
