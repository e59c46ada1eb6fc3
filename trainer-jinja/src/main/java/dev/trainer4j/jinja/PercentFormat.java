// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/** {@code "%s and %d" % values}. */
final class PercentFormat {

  private final State state;
  private final boolean html;
  private final String format;
  private final Object values;
  private final StringBuilder out = new StringBuilder();
  private int position;
  private int used;
  private boolean named;

  private PercentFormat(State state, Object format, Object values) {
    this.state = state;
    this.html = format instanceof Markup;
    this.format = Types.text(format);
    this.values = values;
  }

  static Object format(State state, Object format, Object values) {
    return Markup.like(format, new PercentFormat(state, format, values).format());
  }

  private String format() {
    while (position < format.length()) {
      int at = format.indexOf('%', position);
      if (at < 0) {
        break;
      }
      out.append(format, position, at);
      position = at + 1;
      conversion();
      state.step();
      if (out.length() > state.limits.valueSize()) {
        break;
      }
    }
    out.append(format, Math.min(position, format.length()), format.length());
    state.grow(out.length());
    if (!named && !(values instanceof PyDict) && used < count()) {
      throw PyError.type("not all arguments converted during string formatting");
    }
    return out.toString();
  }

  private int count() {
    if (values instanceof PyList list && list.tuple) {
      return list.size();
    }
    // What has items may be a mapping of which nothing is used.
    return values instanceof PyList || values instanceof Undefined || values instanceof PyRange
        ? used
        : 1;
  }

  private void conversion() {
    Object value = peek() == '(' ? mapped() : null;
    String flags = flags();
    int width = size();
    if (width < 0) {
      flags += "-";
      width = -width;
    }
    int precision = -1;
    if (peek() == '.') {
      position++;
      precision = Math.max(0, size());
    }
    while (peek() == 'l' || peek() == 'h' || peek() == 'L') {
      position++;
    }
    if (position >= format.length()) {
      throw PyError.value("incomplete format");
    }
    int type = format.codePointAt(position);
    position += Character.charCount(type);
    if (type == '%') {
      out.append('%');
      return;
    }
    write(type, value == null ? next() : value, flags, width, precision);
  }

  private char peek() {
    return position < format.length() ? format.charAt(position) : 0;
  }

  private Object mapped() {
    int depth = 0;
    int begin = position + 1;
    while (position < format.length()) {
      char c = format.charAt(position++);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (depth == 0) {
        break;
      }
    }
    if (depth > 0) {
      throw PyError.value("incomplete format key");
    }
    if (!(values instanceof PyDict dict)) {
      throw PyError.type("format requires a mapping");
    }
    named = true;
    String key = format.substring(begin, position - 1);
    Object value = dict.getText(key);
    if (value == null) {
      throw new PyError("KeyError", Text.quote(key));
    }
    return value;
  }

  private String flags() {
    int begin = position;
    while ("-+ #0".indexOf(peek()) >= 0 && peek() != 0) {
      position++;
    }
    return format.substring(begin, position);
  }

  private int size() {
    if (peek() == '*') {
      position++;
      Object size = next();
      if (!Types.isInteger(size)) {
        throw PyError.type("* wants int");
      }
      long number = Types.index(size);
      state.grow(Math.abs(number));
      return (int) number;
    }
    long number = 0;
    while (peek() >= '0' && peek() <= '9') {
      number = number * 10 + peek() - '0';
      position++;
      state.grow(number);
    }
    return (int) number;
  }

  private Object next() {
    if (values instanceof PyList list && list.tuple) {
      if (used < list.size()) {
        return list.items.get(used++);
      }
    } else if (used++ == 0) {
      return values;
    }
    throw PyError.type("not enough arguments for format string");
  }

  private void write(int type, Object value, String flags, int width, int precision) {
    char align = flags.contains("-") ? '<' : 0;
    char sign = flags.contains("+") ? '+' : flags.contains(" ") ? ' ' : '-';
    boolean zero = flags.contains("0") && align == 0;
    boolean alternate = flags.contains("#");
    switch (type) {
      case 's', 'r', 'a' -> {
        String text = type == 's' ? Text.str(state, value) : Text.repr(state, value);
        text = type == 'a' ? BraceFormat.ascii(text) : text;
        text = html ? (value instanceof Markup ? text : Markup.escape(text)) : text;
        out.append(
            spec(" ", align == 0 ? '>' : align, '-', false, width, precision, 's')
                .format(state, text));
      }
      case 'd', 'i', 'u', 'x', 'X', 'o' -> {
        Object number = integer(type, value);
        char letter = type == 'i' || type == 'u' ? 'd' : (char) type;
        boolean filled = zero && precision < 0;
        String digits =
            spec(
                    filled ? "0" : " ",
                    filled ? '=' : align,
                    sign,
                    alternate,
                    precision < 0 ? width : 0,
                    -1,
                    letter)
                .format(state, number);
        out.append(precision < 0 ? digits : precise(digits, precision, width, align));
      }
      case 'f', 'F', 'e', 'E', 'g', 'G' ->
          out.append(
              spec(
                      zero ? "0" : " ",
                      zero ? '=' : align,
                      sign,
                      alternate,
                      width,
                      precision < 0 ? 6 : precision,
                      (char) type)
                  .format(state, real(value)));
      case 'c' ->
          out.append(
              spec(" ", align == 0 ? '>' : align, '-', false, width, -1, 's')
                  .format(state, character(value)));
      default ->
          throw PyError.value(
              "unsupported format character '"
                  + Character.toString(type)
                  + "' (0x"
                  + Integer.toHexString(type)
                  + ") at index "
                  + (Strings.length(format.substring(0, position)) - 1));
    }
  }

  private static FormatSpec spec(
      String fill, char align, char sign, boolean alternate, int width, int precision, char type) {
    return new FormatSpec(fill, align, sign, alternate, width, (char) 0, precision, type);
  }

  private String precise(String digits, int precision, int width, char align) {
    int sign = digits.startsWith("-") || digits.startsWith("+") || digits.startsWith(" ") ? 1 : 0;
    String zeros = "0".repeat(Math.max(0, precision - digits.length() + sign));
    String text = digits.substring(0, sign) + zeros + digits.substring(sign);
    return spec(" ", align == 0 ? '>' : align, '-', false, width, -1, 's').format(state, text);
  }

  private static Object integer(int type, Object value) {
    if (Types.isInteger(value)) {
      return Numbers.add(value, 0L);
    }
    boolean decimal = type == 'd' || type == 'i' || type == 'u';
    if (decimal && value instanceof Double number) {
      return Floats.toInteger(number);
    }
    if (decimal && value instanceof Undefined undefined) {
      throw undefined.error();
    }
    throw PyError.type(
        "%"
            + (char) type
            + " format: "
            + (decimal ? "a real number" : "an integer")
            + " is required, not "
            + Types.name(value));
  }

  private static Object real(Object value) {
    if (Types.isNumber(value)) {
      return Numbers.toDouble(value);
    }
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    throw PyError.type("must be real number, not " + Types.name(value));
  }

  private String character(Object value) {
    if (Types.isText(value) && Strings.length(Types.text(value)) == 1) {
      return Types.text(value);
    }
    if (!Types.isInteger(value)) {
      throw PyError.type("%c requires int or char");
    }
    return spec(" ", (char) 0, '-', false, 0, -1, 'c').format(state, value);
  }
}
