// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.math.BigInteger;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/** Values as text: Python's {@code str} and {@code repr}. */
final class Text {

  private static final Limits FOR_MESSAGES = new Limits(1000, 50, 1000, 10_000);

  private Text() {}

  static String str(State state, Object value) {
    if (value instanceof String text) {
      return text;
    }
    if (value instanceof Markup markup) {
      return markup.text();
    }
    if (value instanceof Long number) {
      return number.toString();
    }
    return value instanceof Undefined ? "" : repr(state, value);
  }

  static String repr(State state, Object value) {
    StringBuilder out = new StringBuilder();
    repr(state, out, value, 0);
    state.grow(out.length());
    return out.toString();
  }

  /** Returns a text for messages, which may not fail: that of a big value is its type. */
  static String shortRepr(Object value) {
    try {
      return repr(new State(FOR_MESSAGES, Clock.systemUTC(), Map.of()), value);
    } catch (PyError tooBig) {
      return "<" + Types.name(value) + ">";
    }
  }

  private static void repr(State state, StringBuilder out, Object value, int depth) {
    state.nest(depth);
    state.step();
    if (out.length() > state.limits.valueSize()) {
      state.grow(out.length());
    }
    if (value instanceof String text) {
      state.look(text.length());
      quote(out, text);
    } else if (value == None.NONE) {
      out.append("None");
    } else if (value instanceof Boolean flag) {
      out.append(flag ? "True" : "False");
    } else if (value instanceof Double number) {
      out.append(Floats.repr(number));
    } else if (value instanceof PyList list) {
      out.append(list.tuple ? '(' : '[');
      items(state, out, list.items, depth);
      out.append(list.tuple ? list.size() == 1 ? ",)" : ")" : "]");
    } else if (value instanceof PyDict dict) {
      dict(state, out, dict, depth);
    } else if (value instanceof Undefined) {
      out.append("Undefined");
    } else if (value instanceof Markup markup) {
      quote(out.append("Markup("), markup.text());
      out.append(')');
    } else if (value instanceof BigInteger big) {
      out.append(Numbers.decimal(big));
    } else {
      other(state, out, value, depth);
    }
  }

  private static void other(State state, StringBuilder out, Object value, int depth) {
    if (value instanceof DictView view) {
      out.append(view.part().type).append("([");
      items(state, out, view.list(), depth);
      out.append("])");
    } else if (value instanceof PyRange range) {
      out.append("range(").append(range.start()).append(", ").append(range.stop());
      out.append(range.step() == 1 ? "" : ", " + range.step()).append(')');
    } else if (value instanceof Namespace namespace) {
      out.append("<Namespace ");
      dict(state, out, namespace.attributes, depth);
      out.append('>');
    } else if (value instanceof Fn function) {
      out.append(function.repr());
    } else if (value instanceof Generator generator) {
      out.append('<')
          .append(generator.name())
          .append(" at ")
          .append(address(generator))
          .append('>');
    } else {
      out.append(value);
    }
  }

  private static void items(State state, StringBuilder out, List<Object> items, int depth) {
    for (int i = 0; i < items.size(); i++) {
      out.append(i == 0 ? "" : ", ");
      repr(state, out, items.get(i), depth + 1);
    }
  }

  private static void dict(State state, StringBuilder out, PyDict dict, int depth) {
    out.append('{');
    String separator = "";
    for (Map.Entry<Object, Object> entry : dict.entries()) {
      out.append(separator);
      repr(state, out, PyDict.key(entry), depth + 1);
      out.append(": ");
      repr(state, out, entry.getValue(), depth + 1);
      separator = ", ";
    }
    out.append('}');
  }

  /** Something that looks like an address and tells one object from another. */
  static String address(Object object) {
    return "0x%012x".formatted(System.identityHashCode(object));
  }

  /** Returns a text in quotes, as Python shows it. */
  static String quote(String text) {
    StringBuilder out = new StringBuilder(text.length() + 2);
    quote(out, text);
    return out.toString();
  }

  private static void quote(StringBuilder out, String text) {
    char mark = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    out.append(mark);
    for (int i = 0; i < text.length(); ) {
      int point = text.codePointAt(i);
      i += Character.charCount(point);
      if (point == mark || point == '\\') {
        out.append('\\').append((char) point);
      } else if (point >= ' ' && point < 0x7f) {
        out.append((char) point);
      } else if (point == '\n') {
        out.append("\\n");
      } else if (point == '\r') {
        out.append("\\r");
      } else if (point == '\t') {
        out.append("\\t");
      } else if (Chars.isPrintable(point)) {
        out.appendCodePoint(point);
      } else {
        out.append(
            (point < 0x100 ? "\\x%02x" : point < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(point));
      }
    }
    out.append(mark);
  }
}
