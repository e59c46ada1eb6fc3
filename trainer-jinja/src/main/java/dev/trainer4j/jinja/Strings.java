// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Texts as Python has them: of code points, with its idea of space and of case. */
final class Strings {

  /** Shorter needles cannot make Java's search slow enough to matter. */
  private static final int SHORT = 32;

  private Strings() {}

  /** Compares by code points, which differs from Java's order beyond the first 65,536. */
  static int compare(String left, String right) {
    int length = Math.min(left.length(), right.length());
    for (int i = 0; i < length; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        boolean pairs = Character.isSurrogate(a) != Character.isSurrogate(b);
        return pairs ? Character.isSurrogate(a) ? 1 : -1 : Character.compare(a, b);
      }
    }
    return Integer.compare(left.length(), right.length());
  }

  /** Finds a text from a position on; in linear time, however the texts are chosen. */
  static int indexOf(State state, String text, String part, int from) {
    state.look(text.length());
    if (part.length() <= SHORT || text.length() - from < part.length()) {
      return text.indexOf(part, from);
    }
    state.look(4L * part.length());
    int[] borders = borders(part);
    int matched = 0;
    for (int i = from; i < text.length(); i++) {
      while (matched > 0 && text.charAt(i) != part.charAt(matched)) {
        matched = borders[matched - 1];
      }
      if (text.charAt(i) == part.charAt(matched)) {
        matched++;
      }
      if (matched == part.length()) {
        return i - matched + 1;
      }
    }
    return -1;
  }

  /** Knuth, Morris and Pratt: for each prefix, the longest other prefix that it ends with. */
  private static int[] borders(String part) {
    int[] borders = new int[part.length()];
    int matched = 0;
    for (int i = 1; i < part.length(); i++) {
      while (matched > 0 && part.charAt(i) != part.charAt(matched)) {
        matched = borders[matched - 1];
      }
      if (part.charAt(i) == part.charAt(matched)) {
        matched++;
      }
      borders[i] = matched;
    }
    return borders;
  }

  static int lastIndexOf(State state, String text, String part, int from, int to) {
    int found = -1;
    if (part.length() <= SHORT) {
      state.look(text.length());
      found = text.lastIndexOf(part, to - part.length());
      return found >= from ? found : -1;
    }
    for (int at = indexOf(state, text, part, from);
        at >= 0 && at + part.length() <= to;
        at = indexOf(state, text, part, at + 1)) {
      found = at;
    }
    return found;
  }

  /** Removes characters of a set, or space where it is null, from the ends. */
  static String strip(String text, @Nullable String set, boolean left, boolean right) {
    int begin = 0;
    int end = text.length();
    while (left && begin < end) {
      int point = text.codePointAt(begin);
      if (!isIn(set, point)) {
        break;
      }
      begin += Character.charCount(point);
    }
    while (right && end > begin) {
      int point = text.codePointBefore(end);
      if (!isIn(set, point)) {
        break;
      }
      end -= Character.charCount(point);
    }
    return text.substring(begin, end);
  }

  private static boolean isIn(@Nullable String set, int point) {
    return set == null ? Chars.isSpace(point) : set.indexOf(point) >= 0;
  }

  static String replace(State state, String text, String old, String with, long most) {
    if (most < 0) {
      most = Long.MAX_VALUE;
    }
    StringBuilder out = new StringBuilder();
    int position = 0;
    if (old.isEmpty()) { // between all characters, and at both ends
      state.grow(text.length() + (text.length() + 1L) * with.length());
      while (most-- > 0) {
        out.append(with);
        if (position == text.length()) {
          return out.toString();
        }
        int next = position + Character.charCount(text.codePointAt(position));
        out.append(text, position, next);
        position = next;
      }
      return out.append(text, position, text.length()).toString();
    }
    int at = most > 0 ? indexOf(state, text, old, 0) : -1;
    if (at < 0) {
      return text;
    }
    for (; at >= 0 && most > 0; most--) {
      out.append(text, position, at).append(with);
      position = at + old.length();
      state.step();
      if (out.length() > state.limits.valueSize()) {
        state.grow(out.length());
      }
      at =
          old.length() <= SHORT ? text.indexOf(old, position) : indexOf(state, text, old, position);
    }
    out.append(text, position, text.length());
    state.grow(out.length());
    return out.toString();
  }

  static List<Object> lines(State state, String text, boolean keepEnds) {
    state.look(text.length());
    List<Object> lines = new ArrayList<>();
    int begin = 0;
    while (begin < text.length()) {
      int end = begin;
      while (end < text.length() && !Chars.isLineBreak(text.charAt(end))) {
        end++;
      }
      int next = end;
      if (end < text.length()) {
        next += text.startsWith("\r\n", end) ? 2 : 1;
      }
      lines.add(text.substring(begin, keepEnds ? next : end));
      begin = next;
    }
    state.grow(lines.size());
    return lines;
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = Character.charCount(text.codePointAt(0));
    return titleCase(text.codePointAt(0)) + lower(text).substring(lowerLength(text, first));
  }

  /** How long the first character is in lower case. */
  private static int lowerLength(String text, int first) {
    return lower(text.substring(0, first)).length();
  }

  /** Each run of letters begins in title case: Python's {@code str.title}. */
  static String title(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean within = false;
    for (int i = 0; i < text.length(); ) {
      int point = text.codePointAt(i);
      int size = Character.charCount(point);
      boolean cased = isCased(point);
      String one = text.substring(i, i + size);
      out.append(cased ? within ? lowerAt(text, i, one) : titleCase(point) : one);
      within = cased;
      i += size;
    }
    return out.toString();
  }

  /** Returns a character in lower case: a sigma at the end of a word has a form of its own. */
  private static String lowerAt(String text, int index, String one) {
    if (!one.equals("Σ")) {
      return lower(one);
    }
    String all = lower(text);
    return all.length() == text.length() ? all.substring(index, index + 1) : "σ";
  }

  static boolean isCased(int point) {
    return Character.isUpperCase(point)
        || Character.isLowerCase(point)
        || Character.isTitleCase(point);
  }

  static String titleCase(int point) {
    String upper = upper(Character.toString(point));
    if (upper.codePointCount(0, upper.length()) == 1) {
      return Character.toString(Character.toTitleCase(point));
    }
    int first = Character.charCount(upper.codePointAt(0));
    return upper.substring(0, first) + lower(upper.substring(first));
  }

  static String swapCase(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); ) {
      int point = text.codePointAt(i);
      String one = Character.toString(point);
      out.append(Character.isUpperCase(point) ? lowerAt(text, i, one) : upper(one));
      i += one.length();
    }
    return out.toString();
  }

  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  static String spaces(State state, long count) {
    state.grow(Math.max(0, count));
    return " ".repeat((int) Math.max(0, count));
  }
}
