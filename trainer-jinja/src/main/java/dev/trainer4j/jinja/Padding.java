// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

/** Methods of {@code str} that fill up to a width. */
final class Padding {

  private Padding() {}

  private static String fill(Args args) {
    if (args.count() < 2) {
      return " ";
    }
    if (!Types.isText(args.positional[1])) {
      throw PyError.type(
          "The fill character must be a unicode character, not " + Types.name(args.positional[1]));
    }
    String fill = Types.text(args.positional[1]);
    if (Strings.length(fill) != 1) {
      throw PyError.type("The fill character must be exactly one character long");
    }
    return fill;
  }

  private static String repeat(State state, String fill, long count) {
    state.grow(Math.max(0, count) * fill.length());
    return fill.repeat((int) Math.max(0, count));
  }

  static Object center(State state, Object self, Args args) {
    return Markup.like(
        self, center(state, Types.text(self), Types.index(args.positional[0]), fill(args)));
  }

  static String center(State state, String text, long width, String fill) {
    long missing = Math.max(0, width - Strings.length(text));
    long left = missing / 2 + (missing & width & 1);
    return repeat(state, fill, left) + text + repeat(state, fill, missing - left);
  }

  static Object justify(State state, Object self, Args args, boolean left) {
    String text = Types.text(self);
    String missing =
        repeat(state, fill(args), Types.index(args.positional[0]) - Strings.length(text));
    return Markup.like(self, left ? text + missing : missing + text);
  }

  static Object zeros(State state, Object self, Args args) {
    String text = Types.text(self);
    String zeros = repeat(state, "0", Types.index(args.positional[0]) - Strings.length(text));
    boolean signed = text.startsWith("-") || text.startsWith("+");
    return Markup.like(self, signed ? text.charAt(0) + zeros + text.substring(1) : zeros + text);
  }

  static Object tabs(State state, Object self, Args args) {
    long size = args.count() == 0 ? 8 : Types.index(args.positional[0]);
    StringBuilder out = new StringBuilder();
    long column = 0;
    for (int point : Types.text(self).codePoints().toArray()) {
      if (point != '\t') {
        out.appendCodePoint(point);
        column = point == '\n' || point == '\r' ? 0 : column + 1;
      } else if (size > 0) {
        long count = size - column % size;
        out.append(repeat(state, " ", count));
        column += count;
      }
      if (out.length() > state.limits.valueSize()) {
        break;
      }
    }
    state.grow(out.length());
    return Markup.like(self, out.toString());
  }
}
