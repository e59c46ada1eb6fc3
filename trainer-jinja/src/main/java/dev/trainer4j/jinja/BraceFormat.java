// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.Map;

/** {@code "{} and {name!r:>8}".format(values)}, through the sandbox's look-up of attributes. */
final class BraceFormat {

  private final State state;
  private final boolean html;
  private final Args args;
  private final PyDict mapping;
  private int automatic;
  private boolean numbered;

  private BraceFormat(State state, boolean html, Args args, PyDict mapping) {
    this.state = state;
    this.html = html;
    this.args = args;
    this.mapping = mapping;
  }

  static Object format(State state, Object self, Args args) {
    PyDict named = new PyDict();
    for (Map.Entry<String, Object> entry : args.named.entrySet()) {
      named.put(entry.getKey(), entry.getValue());
    }
    boolean html = self instanceof Markup;
    return Markup.like(self, new BraceFormat(state, html, args, named).format(Types.text(self), 2));
  }

  static Object formatMap(State state, Object self, Object mapping) {
    if (!(mapping instanceof PyDict dict)) {
      throw PyError.type("format_map() needs a mapping, not " + Types.name(mapping));
    }
    boolean html = self instanceof Markup;
    BraceFormat format = new BraceFormat(state, html, Args.NONE, dict);
    return Markup.like(self, format.format(Types.text(self), 2));
  }

  private String format(String text, int depth) {
    if (depth < 0) {
      throw PyError.value("Max string recursion exceeded");
    }
    StringBuilder out = new StringBuilder();
    int position = 0;
    while (position < text.length()) {
      char c = text.charAt(position++);
      boolean twice = position < text.length() && text.charAt(position) == c;
      if (c != '{' && c != '}') {
        out.append(c);
      } else if (twice) {
        out.append(c);
        position++;
      } else if (c == '}') {
        throw PyError.value("Single '}' encountered in format string");
      } else {
        int end = end(text, position);
        out.append(field(text.substring(position, end), depth));
        position = end + 1;
      }
      if (out.length() > state.limits.valueSize()) {
        break;
      }
    }
    state.grow(out.length());
    return out.toString();
  }

  private static int end(String text, int begin) {
    if (begin == text.length()) {
      throw PyError.value("Single '{' encountered in format string");
    }
    int open = 1;
    for (int i = begin; i < text.length(); i++) {
      open += text.charAt(i) == '{' ? 1 : text.charAt(i) == '}' ? -1 : 0;
      if (open == 0) {
        return i;
      }
    }
    throw PyError.value("expected '}' before end of string");
  }

  private String field(String field, int depth) {
    state.step();
    int bracket = 0;
    int nameEnd = 0;
    while (nameEnd < field.length()
        && (bracket > 0 || (field.charAt(nameEnd) != '!' && field.charAt(nameEnd) != ':'))) {
      bracket += field.charAt(nameEnd) == '[' ? 1 : field.charAt(nameEnd) == ']' ? -1 : 0;
      nameEnd++;
    }
    Object value = look(field.substring(0, nameEnd));
    int specBegin = nameEnd;
    if (specBegin < field.length() && field.charAt(specBegin) == '!') {
      if (specBegin + 1 >= field.length()) {
        throw PyError.value("end of string while looking for conversion specifier");
      }
      value = converted(value, field.charAt(specBegin + 1));
      specBegin += 2;
      if (specBegin < field.length() && field.charAt(specBegin) != ':') {
        throw PyError.value("expected ':' after conversion specifier");
      }
    }
    String spec = specBegin < field.length() ? field.substring(specBegin + 1) : "";
    if (spec.indexOf('{') >= 0) {
      spec = format(spec, depth - 1);
    }
    if (html) {
      value = Markup.escape(state, value);
    }
    return spec.isEmpty()
        ? Text.str(state, value)
        : FormatSpec.parse(spec, value).format(state, value);
  }

  private Object converted(Object value, char conversion) {
    return switch (conversion) {
      case 's' -> Text.str(state, value);
      case 'r' -> Text.repr(state, value);
      case 'a' -> ascii(Text.repr(state, value));
      default -> throw PyError.value("Unknown conversion specifier " + conversion);
    };
  }

  static String ascii(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .forEach(
            point ->
                out.append(
                    point < 128
                        ? Character.toString(point)
                        : (point < 0x100 ? "\\x%02x" : point < 0x10000 ? "\\u%04x" : "\\U%08x")
                            .formatted(point)));
    return out.toString();
  }

  private Object look(String path) {
    int end = 0;
    while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
      end++;
    }
    Object value = first(path.substring(0, end));
    while (end < path.length()) {
      int begin = end + 1;
      if (path.charAt(end) == '.') {
        end = begin;
        while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
          end++;
        }
        value = Attributes.attribute(value, path.substring(begin, end));
      } else {
        int close = path.indexOf(']', begin);
        if (close < 0) {
          throw PyError.value("expected '}' before end of string");
        }
        value = Attributes.item(value, key(path.substring(begin, close)));
        end = close + 1;
        if (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
          throw PyError.value("Only '.' or '[' may follow ']' in format field specifier");
        }
      }
    }
    return value;
  }

  private static Object key(String text) {
    return isNumber(text) ? (Object) Long.parseLong(text) : text;
  }

  private static boolean isNumber(String text) {
    return !text.isEmpty()
        && text.length() < 10
        && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private Object first(String name) {
    if (!name.isEmpty() && !isNumber(name)) {
      Object value = mapping.getText(name);
      if (value == null) {
        throw new PyError("KeyError", Text.quote(name));
      }
      return value;
    }
    if (name.isEmpty() ? numbered : automatic > 0) {
      throw PyError.value(
          "cannot switch from manual field specification to automatic field numbering");
    }
    numbered |= !name.isEmpty();
    int index = name.isEmpty() ? automatic++ : Integer.parseInt(name);
    Object value = args.get(index);
    if (value == null) {
      throw new PyError("IndexError", "tuple index out of range");
    }
    return value;
  }
}
