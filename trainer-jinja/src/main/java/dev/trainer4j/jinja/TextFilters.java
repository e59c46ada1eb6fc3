// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Filters that make texts. */
final class TextFilters {

  private TextFilters() {}

  static void register() {
    text("upper", "do_upper s", Strings::upper);
    text("lower", "do_lower s", Strings::lower);
    text("capitalize", "do_capitalize s", Strings::capitalize);
    text("title", "do_title s", TextFilters::title);
    text("string", "soft_str s", text -> text);
    Filters.put("trim", "do_trim value chars=", TextFilters::trim);
    Filters.put(
        "center",
        "do_center value width=",
        (s, v, a) ->
            Markup.like(
                v, Padding.center(s, Text.str(s, v), Types.index(Filters.or(a, 1, 80L)), " ")));
    Filters.put("replace", "do_replace + s old new count=", TextFilters::replace);
    Filters.put("indent", "do_indent s width= first= blank=", TextFilters::indent);
    Filters.put(
        "truncate", "do_truncate + s length= killwords= end= leeway=", TextFilters::truncate);
    Filters.put("wordcount", "do_wordcount s", (s, v, a) -> words(Text.str(s, v)));
    Filters.put("escape", "escape s", (s, v, a) -> Markup.escape(s, v));
    Filters.put("e", "escape s", (s, v, a) -> Markup.escape(s, v));
    Filters.put(
        "forceescape",
        "do_forceescape value",
        (s, v, a) -> new Markup(Markup.escape(Text.str(s, v))));
    Filters.put("safe", "do_mark_safe value", (s, v, a) -> new Markup(Text.str(s, v)));
    Filters.put("urlencode", "do_urlencode value", TextFilters::urlEncode);
    Filters.put("xmlattr", "do_xmlattr + d autospace=", TextFilters::xmlAttributes);
  }

  private static void text(String name, String signature, UnaryOperator<String> change) {
    Filters.put(
        name,
        signature,
        (state, value, args) -> {
          String text = Text.str(state, value);
          state.grow(text.length());
          return Markup.like(value, change.apply(text));
        });
  }

  /** {@code format}, which takes any arguments. */
  static Object format(State state, Object value, Args args) {
    if (args.count() > 0 && !args.named.isEmpty()) {
      throw PyError.argument("can't handle positional and keyword arguments at the same time");
    }
    PyDict named = new PyDict();
    args.named.forEach(named::put);
    Object values = named.size() > 0 ? named : PyList.tuple(args.positional);
    Object format = Types.isText(value) ? value : Text.str(state, value);
    return PercentFormat.format(state, format, values);
  }

  /** Begins a word behind space, hyphens and opening brackets, and nowhere else. */
  private static String title(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean within = false;
    for (int i = 0; i < text.length(); ) {
      int point = text.codePointAt(i);
      int size = Character.charCount(point);
      String one = text.substring(i, i + size);
      boolean between = Chars.isSpace(point) || "-({[<".indexOf(point) >= 0;
      out.append(between ? one : within ? Strings.lower(one) : Strings.upper(one));
      within = !between;
      i += size;
    }
    return out.toString();
  }

  private static Object trim(State state, Object value, @Nullable Object[] args) {
    Object set = Filters.arg(args, 1);
    if (set != None.NONE && !Types.isText(set)) {
      throw PyError.type("strip arg must be None or str");
    }
    String text = Text.str(state, value);
    state.look(text.length());
    return Markup.like(
        value, Strings.strip(text, set == None.NONE ? null : Types.text(set), true, true));
  }

  private static Object replace(State state, Object value, @Nullable Object[] args) {
    Object count = Filters.arg(args, 3);
    return Strings.replace(
        state,
        Text.str(state, value),
        Text.str(state, Filters.arg(args, 1)),
        Text.str(state, Filters.arg(args, 2)),
        count == None.NONE ? -1 : Types.index(count));
  }

  private static Object indent(State state, Object value, @Nullable Object[] args) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (value instanceof PyList list) {
      throw list.tuple
          ? PyError.type("can only concatenate tuple (not \"str\") to tuple")
          : new PyError("AttributeError", "'list' object has no attribute 'splitlines'");
    }
    if (!Types.isText(value)) {
      throw PyError.type(
          "unsupported operand type(s) for +=: '" + Types.name(value) + "' and 'str'");
    }
    Object width = Filters.or(args, 1, 4L);
    String space =
        Types.isText(width) ? Types.text(width) : Strings.spaces(state, Types.index(width));
    List<Object> lines = Strings.lines(state, Types.text(value) + "\n", false);
    state.grow(Types.text(value).length() + (long) lines.size() * space.length());
    StringBuilder out = new StringBuilder();
    boolean blank = Filters.isSet(args, 3);
    for (int i = 0; i < lines.size(); i++) {
      String line = (String) lines.get(i);
      boolean indented = i == 0 ? Filters.isSet(args, 2) : blank || !line.isEmpty();
      out.append(i == 0 ? "" : "\n").append(indented ? space : "").append(line);
    }
    return Markup.like(value, out.toString());
  }

  private static Object truncate(State state, Object value, @Nullable Object[] args) {
    String end = Text.str(state, Filters.or(args, 3, "..."));
    long length = Types.index(Filters.or(args, 1, 255L));
    long leeway = Types.index(Filters.or(args, 4, 5L));
    int endLength = Strings.length(end);
    if (length < endLength) {
      throw new PyError("AssertionError", "expected length >= " + endLength + ", got " + length);
    }
    if (leeway < 0) {
      throw new PyError("AssertionError", "expected leeway >= 0, got " + leeway);
    }
    if (Iteration.length(value) <= length + leeway) {
      return value;
    }
    Object cut = Slices.slice(state, value, None.NONE, length - endLength, None.NONE);
    if (!Types.isText(cut)) {
      throw PyError.type("can only truncate a text, not " + Types.name(value));
    }
    String text = Types.text(cut);
    int space = Filters.isSet(args, 2) ? -1 : text.lastIndexOf(' ');
    return Markup.like(value, (space < 0 ? text : text.substring(0, space)) + end);
  }

  private static Object words(String text) {
    long words = 0;
    boolean within = false;
    for (Iterator<Integer> points = text.codePoints().iterator(); points.hasNext(); ) {
      boolean word = Chars.isWord(points.next());
      words += word && !within ? 1 : 0;
      within = word;
    }
    return words;
  }

  private static Object urlEncode(State state, Object value, @Nullable Object[] args) {
    if (Types.isText(value) || !Iteration.isIterable(value)) {
      return quote(state, value, false);
    }
    Object pairs = value instanceof PyDict dict ? PyList.list(dict.items()) : value;
    StringBuilder out = new StringBuilder();
    for (Iterator<Object> items = Iteration.of(pairs); items.hasNext(); ) {
      List<Object> pair = Target.unpack(state, items.next(), 2);
      out.append(out.length() == 0 ? "" : "&");
      out.append(quote(state, pair.get(0), true))
          .append('=')
          .append(quote(state, pair.get(1), true));
    }
    state.grow(out.length());
    return out.toString();
  }

  private static String quote(State state, Object value, boolean query) {
    String text = Text.str(state, value);
    state.grow(3L * text.length());
    StringBuilder out = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain = c < 128 && (Character.isLetterOrDigit(c) || "_.-~".indexOf(c) >= 0);
      if (plain || (c == '/' && !query)) {
        out.append(c);
      } else {
        out.append(c == ' ' && query ? "+" : "%%%02X".formatted((int) c));
      }
    }
    return out.toString();
  }

  private static Object xmlAttributes(State state, Object value, @Nullable Object[] args) {
    PyDict dict = Ordering.mapping(value);
    StringBuilder out = new StringBuilder();
    for (Map.Entry<Object, Object> entry : dict.entries()) {
      if (entry.getValue() == None.NONE || entry.getValue() instanceof Undefined) {
        continue;
      }
      String key = Text.str(state, PyDict.key(entry));
      if (key.chars().anyMatch(c -> " \t\n\r\f\u000b/>=".indexOf(c) >= 0)) {
        throw PyError.value("Invalid character in attribute name: " + Text.quote(key));
      }
      out.append(out.length() == 0 ? "" : " ").append(Markup.escape(key)).append("=\"");
      out.append(Markup.escape(state, entry.getValue()).text()).append('"');
    }
    state.grow(out.length());
    boolean space = out.length() > 0 && Types.truth(Filters.or(args, 1, true));
    return space ? " " + out : out.toString();
  }
}
