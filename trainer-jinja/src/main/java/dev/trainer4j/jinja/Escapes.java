// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/** The escapes of a string literal: Python's {@code unicode-escape}. */
final class Escapes {

  private static final String LETTERS = "abfnrtv\\'\"";
  private static final String VALUES = "\u0007\b\f\n\r\t\u000b\\'\"";

  private final String raw;
  private final StringBuilder out = new StringBuilder();
  private int position;

  private Escapes(String raw) {
    this.raw = raw;
  }

  static String resolve(String raw) {
    // The reference turns characters beyond ASCII into escapes first: a backslash before one
    // escapes
    // the backslash of its escape.
    return new Escapes(BraceFormat.ascii(raw)).resolve();
  }

  private String resolve() {
    while (position < raw.length()) {
      char c = raw.charAt(position++);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      if (position == raw.length()) {
        throw syntax("\\ at end of string");
      }
      escape(raw.charAt(position++));
    }
    return out.toString();
  }

  private static PyError syntax(String message) {
    return new PyError("TemplateSyntaxError", message);
  }

  private void escape(char c) {
    int known = LETTERS.indexOf(c);
    if (known >= 0) {
      out.append(VALUES.charAt(known));
    } else if (c == 'x' || c == 'u' || c == 'U') {
      hexadecimal(c, c == 'x' ? 2 : c == 'u' ? 4 : 8);
    } else if (c >= '0' && c <= '7') {
      int value = c - '0';
      for (int i = 0;
          i < 2
              && position < raw.length()
              && raw.charAt(position) >= '0'
              && raw.charAt(position) <= '7';
          i++) {
        value = value * 8 + raw.charAt(position++) - '0';
      }
      out.append((char) value);
    } else if (c == 'N') {
      named();
    } else if (c != '\n') { // a backslash at the end of a line hides the line break
      out.append('\\').append(c);
    }
  }

  private void hexadecimal(char letter, int digits) {
    int end = position + digits;
    long value = 0;
    for (; position < end; position++) {
      int digit = position < raw.length() ? Character.digit(raw.charAt(position), 16) : -1;
      if (digit < 0) {
        throw syntax("truncated \\" + letter + "X".repeat(digits) + " escape");
      }
      value = value * 16 + digit;
    }
    if (value > Character.MAX_CODE_POINT) {
      throw syntax("illegal Unicode character");
    }
    out.appendCodePoint((int) value);
  }

  private void named() {
    int close = raw.startsWith("{", position) ? raw.indexOf('}', position) : -1;
    if (close < position + 2) {
      throw syntax("malformed \\N character escape");
    }
    try {
      out.appendCodePoint(Character.codePointOf(raw.substring(position + 1, close)));
    } catch (IllegalArgumentException unknown) {
      throw syntax("unknown Unicode character name");
    }
    position = close + 1;
  }
}
