// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/** A text that is HTML already: what is put to it gets escaped. {@code safe} and {@code escape} make it. */
record Markup(String text) {

  static Markup escape(State state, Object value) {
    return value instanceof Markup markup ? markup : new Markup(escape(Text.str(state, value)));
  }

  static String escape(String text) {
    StringBuilder escaped = null;
    for (int i = 0; i < text.length(); i++) {
      String entity =
          switch (text.charAt(i)) {
            case '&' -> "&amp;";
            case '<' -> "&lt;";
            case '>' -> "&gt;";
            case '\'' -> "&#39;";
            case '"' -> "&#34;";
            default -> "";
          };
      if (entity.isEmpty()) {
        if (escaped != null) {
          escaped.append(text.charAt(i));
        }
        continue;
      }
      if (escaped == null) {
        escaped = new StringBuilder(text.length() + 16).append(text, 0, i);
      }
      escaped.append(entity);
    }
    return escaped == null ? text : escaped.toString();
  }

  /** Returns the text as what the value was: the methods of an HTML text give HTML texts. */
  static Object like(Object value, String text) {
    return value instanceof Markup ? new Markup(text) : text;
  }
}
