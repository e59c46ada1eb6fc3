// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/**
 * A template that cannot be compiled or rendered: it is wrong, it does not fit the conversation, it
 * raised an exception itself, or it reached one of the {@link Limits}.
 */
public final class TemplateException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int line;
  private final String kind;
  private final String reason;

  TemplateException(int line, String kind, String reason) {
    super(
        "chat template"
            + (line > 0 ? ", line " + line : "")
            + ": "
            + reason
            + (kind.isEmpty() ? "" : " (" + kind + ")"));
    this.line = line;
    this.kind = kind;
    this.reason = reason;
  }

  /** Returns the line of the template, from 1; 0 where a value of the context is refused. */
  public int line() {
    return line;
  }

  /**
   * Returns the name of the error: that of the reference, such as {@code TemplateSyntaxError}, {@code
   * UndefinedError}, {@code TypeError}, or {@code TemplateError} for {@code raise_exception}; {@code
   * LimitError} for a limit, and {@code NotImplementedError} for what is not offered.
   */
  public String kind() {
    return kind;
  }

  /** Returns the bare message: that of the reference where {@link #kind()} is one of its errors. */
  public String reason() {
    return reason;
  }
}
