// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/** A mistake that is found behind the parser, with its line. */
final class CompileError extends RuntimeException {

  private static final long serialVersionUID = 1L;

  final int line;
  final PyError error;

  CompileError(int line, PyError error) {
    super(error.getMessage(), error, false, false);
    this.line = line;
    this.error = error;
  }
}
