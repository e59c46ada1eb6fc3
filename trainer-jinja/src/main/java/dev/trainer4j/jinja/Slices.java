// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code value[start:stop:step]} and {@code value[index]}. */
final class Slices {

  private Slices() {}

  /** Returns the element at an index, negative ones from the end; null if there is none. */
  static @Nullable Object at(Object value, long index) {
    if (value instanceof PyList list) {
      long place = index < 0 ? index + list.size() : index;
      return place >= 0 && place < list.size() ? list.items.get((int) place) : null;
    }
    if (value instanceof PyRange range) {
      long place = index < 0 ? index + range.size() : index;
      return place >= 0 && place < range.size() ? (Object) range.get((int) place) : null;
    }
    String text = Types.text(value);
    int length = Strings.length(text);
    long place = index < 0 ? index + length : index;
    if (place < 0 || place >= length) {
      return null;
    }
    int begin = length == text.length() ? (int) place : text.offsetByCodePoints(0, (int) place);
    int end = begin + Character.charCount(text.codePointAt(begin));
    return Markup.like(value, text.substring(begin, end));
  }

  static Object slice(State state, Object value, Object start, Object stop, Object step) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (value instanceof PyDict) {
      throw PyError.type("unhashable type: 'slice'");
    }
    if (!Types.isText(value) && !(value instanceof PyList) && !(value instanceof PyRange)) {
      throw PyError.type("'" + Types.name(value) + "' object is not subscriptable");
    }
    long by = step == None.NONE ? 1 : index(step);
    if (by == 0) {
      throw PyError.value("slice step cannot be zero");
    }
    int length = (int) Iteration.length(value);
    long from = bound(start, length, by > 0 ? 0 : length - 1, by < 0);
    long to = bound(stop, length, by > 0 ? length : -1, by < 0);
    long count = by > 0 ? (to - from + by - 1) / by : (from - to - by - 1) / -by;
    count = (by > 0 ? from < to : from > to) ? Math.max(0, count) : 0;
    state.grow(count);
    return Types.isText(value)
        ? Markup.like(value, characters(Types.text(value), from, by, count))
        : elements(value, from, to, by, count);
  }

  private static Object elements(Object value, long from, long to, long by, long count) {
    if (value instanceof PyRange range) {
      return new PyRange(
          range.start() + from * range.step(),
          range.start() + to * range.step(),
          by * range.step());
    }
    PyList list = (PyList) value;
    List<Object> items = new ArrayList<>((int) count);
    for (long i = 0; i < count; i++) {
      items.add(list.items.get((int) (from + i * by)));
    }
    return list.like(items);
  }

  private static String characters(String text, long from, long by, long count) {
    if (count == 0) {
      return "";
    }
    if (by == 1) {
      int begin = text.offsetByCodePoints(0, (int) from);
      return text.substring(begin, text.offsetByCodePoints(begin, (int) count));
    }
    int[] points = text.codePoints().toArray();
    StringBuilder out = new StringBuilder((int) count);
    for (long i = 0; i < count; i++) {
      out.appendCodePoint(points[(int) (from + i * by)]);
    }
    return out.toString();
  }

  private static long index(Object value) {
    if (!Types.isInteger(value)) {
      throw PyError.type("slice indices must be integers or None or have an __index__ method");
    }
    // Further out than any value is long, and near enough not to overflow.
    return Math.max(-(1L << 32), Math.min(1L << 32, Types.index(value)));
  }

  private static long bound(Object given, int length, long missing, boolean backwards) {
    if (given == None.NONE) {
      return missing;
    }
    long index = index(given);
    if (index < 0) {
      index += length;
      return Math.max(index, backwards ? -1 : 0);
    }
    return Math.min(index, backwards ? length - 1 : length);
  }
}
