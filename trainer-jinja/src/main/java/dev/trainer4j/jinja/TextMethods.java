// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The methods of Python's {@code str}. Those of an HTML text give HTML texts and escape what comes in. */
final class TextMethods {

  static final Map<String, Method> ALL = new HashMap<>();

  static {
    map("upper", Strings::upper);
    map("lower", Strings::lower);
    map("casefold", text -> Strings.lower(Strings.upper(text)).replace('ς', 'σ'));
    map("title", Strings::title);
    map("capitalize", Strings::capitalize);
    map("swapcase", Strings::swapCase);
    put("strip", 0, 1, (s, self, a) -> strip(self, a, "strip", true, true));
    put("lstrip", 0, 1, (s, self, a) -> strip(self, a, "lstrip", true, false));
    put("rstrip", 0, 1, (s, self, a) -> strip(self, a, "rstrip", false, true));
    put("split", 0, -1, (s, self, a) -> Splits.split(s, self, Splits.arguments(a, "split"), false));
    put(
        "rsplit",
        0,
        -1,
        (s, self, a) -> Splits.split(s, self, Splits.arguments(a, "rsplit"), true));
    put("splitlines", 0, -1, Splits::lines);
    put("partition", 1, 1, (s, self, a) -> Splits.partition(s, self, a, false));
    put("rpartition", 1, 1, (s, self, a) -> Splits.partition(s, self, a, true));
    put("replace", 2, 3, TextMethods::replace);
    put("join", 1, 1, TextMethods::join);
    put("startswith", 1, 3, (s, self, a) -> affix(self, a, "startswith", true));
    put("endswith", 1, 3, (s, self, a) -> affix(self, a, "endswith", false));
    put("removeprefix", 1, 1, (s, self, a) -> remove(self, a, true));
    put("removesuffix", 1, 1, (s, self, a) -> remove(self, a, false));
    put("find", 1, 3, (s, self, a) -> find(s, self, a, false));
    put("rfind", 1, 3, (s, self, a) -> find(s, self, a, true));
    put("index", 1, 3, (s, self, a) -> present(find(s, self, a, false)));
    put("rindex", 1, 3, (s, self, a) -> present(find(s, self, a, true)));
    put("count", 1, 3, TextMethods::count);
    put("center", 1, 2, (s, self, a) -> Padding.center(s, self, a));
    put("ljust", 1, 2, (s, self, a) -> Padding.justify(s, self, a, true));
    put("rjust", 1, 2, (s, self, a) -> Padding.justify(s, self, a, false));
    put("zfill", 1, 1, (s, self, a) -> Padding.zeros(s, self, a));
    put("expandtabs", 0, 1, (s, self, a) -> Padding.tabs(s, self, a));
    put("format", 0, -1, (s, self, a) -> BraceFormat.format(s, self, a));
    put("format_map", 1, 1, (s, self, a) -> BraceFormat.formatMap(s, self, a.positional[0]));
    TextChecks.register();
    for (String name : List.of("encode", "translate", "maketrans")) {
      put(
          name,
          0,
          -1,
          (s, self, a) -> {
            throw PyError.notOffered("str." + name + "()");
          });
    }
  }

  private TextMethods() {}

  static void put(String name, int least, int most, Method.Body body) {
    Methods.put(ALL, "str", name, least, most, body);
  }

  private static void map(String name, UnaryOperator<String> change) {
    put(
        name,
        0,
        0,
        (state, self, args) -> {
          String text = Types.text(self);
          state.grow(text.length());
          return Markup.like(self, change.apply(text));
        });
  }

  /** Returns a text argument. */
  static String text(Object value, String function, int number) {
    if (Types.isText(value)) {
      return Types.text(value);
    }
    throw PyError.type(
        function + "() argument " + number + " must be str, not " + Types.name(value));
  }

  private static Object strip(Object self, Args args, String name, boolean left, boolean right) {
    Object set = args.get(0);
    if (set != null && set != None.NONE && !Types.isText(set)) {
      throw PyError.type(name + " arg must be None or str");
    }
    String text = Types.text(self);
    String set0 = set == null || set == None.NONE ? null : Types.text(set);
    String stripped = Strings.strip(text, set0, left, right);
    return Markup.like(self, stripped);
  }

  private static Object replace(State state, Object self, Args args) {
    String old = text(args.positional[0], "replace", 1);
    String with = text(args.positional[1], "replace", 2);
    if (self instanceof Markup) {
      with = Markup.escape(state, args.positional[1]).text();
    }
    Object most = args.get(2);
    long count = most == null ? -1 : Types.index(most);
    return Markup.like(self, Strings.replace(state, Types.text(self), old, with, count));
  }

  private static Object join(State state, Object self, Args args) {
    if (!Iteration.isIterable(args.positional[0])) {
      throw PyError.type("can only join an iterable");
    }
    List<Object> items = Iteration.list(state, args.positional[0]);
    String separator = Types.text(self);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < items.size(); i++) {
      Object item = items.get(i);
      if (!Types.isText(item) && !(self instanceof Markup)) {
        throw PyError.type(
            "sequence item " + i + ": expected str instance, " + Types.name(item) + " found");
      }
      out.append(i == 0 ? "" : separator);
      out.append(self instanceof Markup ? Markup.escape(state, item).text() : Types.text(item));
      if (out.length() > state.limits.valueSize()) {
        break;
      }
    }
    state.grow(out.length());
    return Markup.like(self, out.toString());
  }

  private static Object affix(Object self, Args args, String name, boolean start) {
    Object wanted = args.positional[0];
    String text = range(Types.text(self), args);
    if (text == null) {
      return false;
    }
    if (Types.isText(wanted)) {
      return start ? text.startsWith(Types.text(wanted)) : text.endsWith(Types.text(wanted));
    }
    if (!(wanted instanceof PyList list && list.tuple)) {
      throw PyError.type(
          name + " first arg must be str or a tuple of str, not " + Types.name(wanted));
    }
    for (Object one : list.items) {
      if (!Types.isText(one)) {
        throw PyError.type("tuple for " + name + " must only contain str, not " + Types.name(one));
      }
      if (start ? text.startsWith(Types.text(one)) : text.endsWith(Types.text(one))) {
        return true;
      }
    }
    return false;
  }

  private static Object remove(Object self, Args args, boolean start) {
    String name = start ? "removeprefix" : "removesuffix";
    String text = Types.text(self);
    if (!Types.isText(args.positional[0])) {
      throw PyError.type(name + "() argument must be str, not " + Types.name(args.positional[0]));
    }
    String part = Types.text(args.positional[0]);
    if (part.isEmpty() || !(start ? text.startsWith(part) : text.endsWith(part))) {
      return self;
    }
    int rest = text.length() - part.length();
    return Markup.like(self, start ? text.substring(part.length()) : text.substring(0, rest));
  }

  /** Returns the part between the second and third argument; null if it begins behind the end. */
  private static @Nullable String range(String text, Args args) {
    if (args.count() == 1) {
      return text;
    }
    int length = Strings.length(text);
    Object start = args.get(1);
    if (start != null && start != None.NONE && Types.index(start) > length) {
      return null;
    }
    int begin = place(start, length, 0);
    int end = Math.max(begin, place(args.get(2), length, length));
    int from = text.offsetByCodePoints(0, begin);
    return text.substring(from, text.offsetByCodePoints(from, end - begin));
  }

  static int place(@Nullable Object given, int length, int missing) {
    if (given == null || given == None.NONE) {
      return missing;
    }
    if (!Types.isInteger(given)) {
      throw PyError.type("slice indices must be integers or None or have an __index__ method");
    }
    long index = Types.index(given);
    return (int) Math.max(0, Math.min(length, index < 0 ? index + length : index));
  }

  private static Object find(State state, Object self, Args args, boolean last) {
    if (!Types.isText(args.positional[0])) {
      throw PyError.type("must be str, not " + Types.name(args.positional[0]));
    }
    String whole = Types.text(self);
    String text = range(whole, args);
    if (text == null) {
      return -1L;
    }
    String part = Types.text(args.positional[0]);
    int at =
        last
            ? Strings.lastIndexOf(state, text, part, 0, text.length())
            : Strings.indexOf(state, text, part, 0);
    long begin = place(args.get(1), Strings.length(whole), 0);
    return at < 0 ? -1L : begin + text.codePointCount(0, at);
  }

  private static Object present(Object index) {
    if ((Long) index < 0) {
      throw PyError.value("substring not found");
    }
    return index;
  }

  private static Object count(State state, Object self, Args args) {
    if (!Types.isText(args.positional[0])) {
      throw PyError.type("must be str, not " + Types.name(args.positional[0]));
    }
    String text = range(Types.text(self), args);
    String part = Types.text(args.positional[0]);
    if (text == null) {
      return 0L;
    }
    if (part.isEmpty()) {
      return Strings.length(text) + 1L;
    }
    List<Integer> found = new ArrayList<>();
    for (int at = Strings.indexOf(state, text, part, 0); at >= 0; ) {
      found.add(at);
      state.step();
      at =
          part.length() < 32
              ? text.indexOf(part, at + part.length())
              : Strings.indexOf(state, text, part, at + part.length());
    }
    return (long) found.size();
  }
}
