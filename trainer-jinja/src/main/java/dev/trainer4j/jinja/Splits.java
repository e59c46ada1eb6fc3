// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code split} and its kin. */
final class Splits {

  private static final Signature ARGUMENTS = Signature.of("split sep= maxsplit=");

  private static final Signature LINES = Signature.of("splitlines keepends=");

  private Splits() {}

  /** Binds the arguments of a method that is written in C, which complains in other words. */
  static @Nullable Object[] arguments(Args args, String function) {
    for (String name : args.named.keySet()) {
      if (!ARGUMENTS.parameters().contains(name)) {
        throw PyError.type(
            Text.quote(name) + " is an invalid keyword argument for " + function + "()");
      }
    }
    return ARGUMENTS.bind(args);
  }

  static Object split(State state, Object self, @Nullable Object[] args, boolean fromRight) {
    Object separator = args[0] == null ? None.NONE : args[0];
    if (separator != None.NONE && !Types.isText(separator)) {
      throw PyError.type("must be str or None, not " + Types.name(separator));
    }
    long most = args[1] == null ? -1 : Types.index(args[1]);
    most = most < 0 ? Long.MAX_VALUE : most;
    String text = Types.text(self);
    state.look(text.length());
    List<String> parts =
        separator == None.NONE
            ? fromRight ? wordsFromRight(text, most) : words(text, most)
            : fromRight
                ? partsFromRight(state, text, Types.text(separator), most)
                : parts(state, text, Types.text(separator), most);
    state.grow(parts.size() + (long) text.length());
    List<Object> values = new ArrayList<>(parts.size());
    parts.forEach(part -> values.add(Markup.like(self, part)));
    return PyList.list(values);
  }

  private static List<String> words(String text, long most) {
    List<String> words = new ArrayList<>();
    int position = 0;
    while (true) {
      while (position < text.length() && Chars.isSpace(text.charAt(position))) {
        position++;
      }
      if (position == text.length()) {
        return words;
      }
      if (words.size() == most) {
        words.add(text.substring(position));
        return words;
      }
      int begin = position;
      while (position < text.length() && !Chars.isSpace(text.charAt(position))) {
        position++;
      }
      words.add(text.substring(begin, position));
    }
  }

  private static List<String> wordsFromRight(String text, long most) {
    List<String> words = new ArrayList<>();
    int position = text.length();
    while (true) {
      while (position > 0 && Chars.isSpace(text.charAt(position - 1))) {
        position--;
      }
      if (position == 0) {
        break;
      }
      if (words.size() == most) {
        words.add(text.substring(0, position));
        break;
      }
      int end = position;
      while (position > 0 && !Chars.isSpace(text.charAt(position - 1))) {
        position--;
      }
      words.add(text.substring(position, end));
    }
    Collections.reverse(words);
    return words;
  }

  private static List<String> parts(State state, String text, String separator, long most) {
    requireSeparator(separator);
    List<String> parts = new ArrayList<>();
    int position = 0;
    while (parts.size() < most) {
      int at =
          separator.length() <= 32
              ? text.indexOf(separator, position)
              : Strings.indexOf(state, text, separator, position);
      if (at < 0) {
        break;
      }
      parts.add(text.substring(position, at));
      position = at + separator.length();
    }
    parts.add(text.substring(position));
    return parts;
  }

  private static List<String> partsFromRight(
      State state, String text, String separator, long most) {
    requireSeparator(separator);
    List<String> parts = new ArrayList<>();
    int end = text.length();
    while (parts.size() < most) {
      int at =
          separator.length() <= 32
              ? text.lastIndexOf(separator, end - separator.length())
              : Strings.lastIndexOf(state, text, separator, 0, end);
      if (at < 0 || end < separator.length()) {
        break;
      }
      parts.add(text.substring(at + separator.length(), end));
      end = at;
    }
    parts.add(text.substring(0, end));
    Collections.reverse(parts);
    return parts;
  }

  private static void requireSeparator(String separator) {
    if (separator.isEmpty()) {
      throw PyError.value("empty separator");
    }
  }

  static Object partition(State state, Object self, Args args, boolean last) {
    if (!Types.isText(args.positional[0])) {
      throw PyError.type("must be str, not " + Types.name(args.positional[0]));
    }
    String text = Types.text(self);
    String separator = Types.text(args.positional[0]);
    requireSeparator(separator);
    int at =
        last
            ? Strings.lastIndexOf(state, text, separator, 0, text.length())
            : Strings.indexOf(state, text, separator, 0);
    Object none = Markup.like(self, "");
    if (at < 0) {
      return last ? PyList.tuple(none, none, self) : PyList.tuple(self, none, none);
    }
    return PyList.tuple(
        Markup.like(self, text.substring(0, at)),
        Markup.like(self, separator),
        Markup.like(self, text.substring(at + separator.length())));
  }

  static Object lines(State state, Object self, Args args) {
    Object keep = LINES.bind(args)[0];
    List<Object> lines = Strings.lines(state, Types.text(self), keep != null && Types.truth(keep));
    lines.replaceAll(line -> Markup.like(self, (String) line));
    return PyList.list(lines);
  }
}
