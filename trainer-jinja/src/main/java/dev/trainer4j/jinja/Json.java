// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code tojson}: Python's {@code json.dumps}, to the byte. */
final class Json {

  private final State state;
  private final boolean ascii;
  private final @Nullable String indent;
  private final String itemSeparator;
  private final String keySeparator;
  private final boolean sorted;
  private final StringBuilder out = new StringBuilder();

  private Json(
      State state,
      boolean ascii,
      @Nullable String indent,
      String item,
      String key,
      boolean sorted) {
    this.state = state;
    this.ascii = ascii;
    this.indent = indent;
    this.itemSeparator = item;
    this.keySeparator = key;
    this.sorted = sorted;
  }

  /** The filter: value, ensure_ascii, indent, separators, sort_keys. */
  static Object filter(State state, @Nullable Object[] a) {
    String indent = indent(state, a[2]);
    String item = indent == null ? ", " : ",";
    String key = ": ";
    if (a[3] != null && a[3] != None.NONE) {
      List<Object> pair = Iteration.list(state, a[3]);
      if (pair.size() != 2) {
        throw PyError.value(
            pair.size() > 2
                ? "too many values to unpack (expected 2)"
                : "not enough values to unpack (expected 2, got " + pair.size() + ")");
      }
      item = TextMethods.text(pair.get(0), "make_encoder", 5);
      key = TextMethods.text(pair.get(1), "make_encoder", 6);
    }
    Json json = new Json(state, isSet(a[1]), indent, item, key, isSet(a[4]));
    json.value(Objects.requireNonNull(a[0]), 0);
    state.grow(json.out.length());
    return json.out.toString();
  }

  private static boolean isSet(@Nullable Object flag) {
    return flag != null && Types.truth(flag);
  }

  private static @Nullable String indent(State state, @Nullable Object indent) {
    if (indent == null || indent == None.NONE) {
      return null;
    }
    return Types.isText(indent) ? Types.text(indent) : Strings.spaces(state, Types.index(indent));
  }

  private void value(Object value, int depth) {
    state.nest(depth);
    state.step();
    if (out.length() > state.limits.valueSize()) {
      state.grow(out.length());
    }
    if (Types.isText(value)) {
      text(Types.text(value));
    } else if (value instanceof PyDict dict) {
      object(dict, depth);
    } else if (value instanceof PyList list) {
      array(list, depth);
    } else if (value == None.NONE) {
      out.append("null");
    } else if (value instanceof Boolean flag) {
      out.append(flag ? "true" : "false");
    } else if (value instanceof Double number) {
      out.append(number(number));
    } else if (value instanceof Long || value instanceof BigInteger) {
      out.append(value);
    } else {
      throw PyError.type("Object of type " + Types.name(value) + " is not JSON serializable");
    }
  }

  private static String number(double number) {
    if (Double.isNaN(number)) {
      return "NaN";
    }
    return Double.isInfinite(number) ? number > 0 ? "Infinity" : "-Infinity" : Floats.repr(number);
  }

  private void array(PyList list, int depth) {
    if (list.size() == 0) {
      out.append("[]");
      return;
    }
    out.append('[');
    for (int i = 0; i < list.size(); i++) {
      out.append(i == 0 ? "" : itemSeparator);
      line(depth + 1);
      value(list.items.get(i), depth + 1);
    }
    line(depth);
    out.append(']');
  }

  private void object(PyDict dict, int depth) {
    if (dict.size() == 0) {
      out.append("{}");
      return;
    }
    out.append('{');
    boolean first = true;
    for (Iterator<Map.Entry<Object, Object>> i = entries(dict); i.hasNext(); first = false) {
      Map.Entry<Object, Object> entry = i.next();
      out.append(first ? "" : itemSeparator);
      line(depth + 1);
      text(key(PyDict.key(entry)));
      out.append(keySeparator);
      value(entry.getValue(), depth + 1);
    }
    line(depth);
    out.append('}');
  }

  private Iterator<Map.Entry<Object, Object>> entries(PyDict dict) {
    if (!sorted) {
      return dict.entries().iterator();
    }
    List<Comparisons.Keyed> keyed = new ArrayList<>();
    dict.entries()
        .forEach(entry -> keyed.add(new Comparisons.Keyed(PyDict.key(entry), entry.getValue())));
    Comparisons.sort(state, keyed, false);
    return keyed.stream().map(pair -> Map.entry(pair.key(), pair.item())).iterator();
  }

  private static String key(Object key) {
    if (Types.isText(key)) {
      return Types.text(key);
    }
    if (key instanceof Boolean flag) {
      return flag ? "true" : "false";
    }
    if (key == None.NONE) {
      return "null";
    }
    if (key instanceof Double number) {
      return number(number);
    }
    if (key instanceof Long || key instanceof BigInteger) {
      return key.toString();
    }
    throw PyError.type("keys must be str, int, float, bool or None, not " + Types.name(key));
  }

  private void line(int depth) {
    if (indent != null) {
      out.append('\n');
      for (int i = 0; i < depth; i++) {
        out.append(indent);
      }
    }
  }

  private void text(String text) {
    state.look(text.length());
    out.append('"');
    int plain = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= ' ' && c != '"' && c != '\\' && (c < 0x7f || !ascii)) {
        continue;
      }
      out.append(text, plain, i);
      plain = i + 1;
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\f' -> out.append("\\f");
        case '\b' -> out.append("\\b");
        default -> out.append("\\u").append("%04x".formatted((int) c));
      }
    }
    out.append(text, plain, text.length()).append('"');
  }
}
