// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Python's binary operators on values of any type, with its messages for those that do not fit. */
final class Operators {

  private Operators() {}

  static Object add(State state, Object left, Object right) {
    if (left instanceof String a && right instanceof String b) {
      state.grow((long) a.length() + b.length());
      return a.concat(b);
    }
    if (Types.isNumber(left) && Types.isNumber(right)) {
      return Numbers.add(left, right);
    }
    requireDefined(left, right);
    if (Types.isText(left)) {
      if (!Types.isText(right)) {
        if (left instanceof Markup) {
          throw unsupported("+", left, right);
        }
        throw PyError.type("can only concatenate str (not \"" + Types.name(right) + "\") to str");
      }
      String both = Markup.escape(state, left).text() + Markup.escape(state, right).text();
      state.grow(both.length());
      return new Markup(both); // one of them is, or both were plain texts
    }
    if (left instanceof PyList list) {
      if (right instanceof PyList other && other.tuple == list.tuple) {
        return list.plus(state, other);
      }
      String type = Types.name(left);
      throw PyError.type(
          "can only concatenate " + type + " (not \"" + Types.name(right) + "\") to " + type);
    }
    throw unsupported("+", left, right);
  }

  static Object subtract(Object left, Object right) {
    if (Types.isNumber(left) && Types.isNumber(right)) {
      return Numbers.subtract(left, right);
    }
    requireDefined(left, right);
    if (left instanceof DictView || right instanceof DictView) {
      throw PyError.notOffered("a set");
    }
    throw unsupported("-", left, right);
  }

  static Object multiply(State state, Object left, Object right) {
    if (Types.isNumber(left) && Types.isNumber(right)) {
      return Numbers.multiply(left, right);
    }
    requireDefined(left, left);
    if (left instanceof Markup || right instanceof Markup) {
      Types.index(left instanceof Markup ? right : left); // which says it if that is no integer
    }
    requireDefined(left, right);
    if (isSequence(left)) {
      return repeat(state, left, right);
    }
    if (isSequence(right)) {
      return repeat(state, right, left);
    }
    throw unsupported("*", left, right);
  }

  private static boolean isSequence(Object value) {
    return Types.isText(value) || value instanceof PyList;
  }

  private static Object repeat(State state, Object sequence, Object times) {
    if (!Types.isInteger(times)) {
      throw PyError.type("can't multiply sequence by non-int of type '" + Types.name(times) + "'");
    }
    if (times instanceof BigInteger) {
      throw PyError.overflow("cannot fit 'int' into an index-sized integer");
    }
    long count = Math.max(0, Types.index(times));
    if (Types.isText(sequence)) {
      String text = Types.text(sequence);
      return Markup.like(sequence, text.repeat(times(state, text.length(), count)));
    }
    PyList list = (PyList) sequence;
    int repeats = times(state, list.size(), count);
    List<Object> items = new ArrayList<>(list.size() * repeats);
    for (int i = 0; i < repeats; i++) {
      items.addAll(list.items);
    }
    return list.like(items);
  }

  /** Counts so many repeats of something, of which nothing has none. */
  private static int times(State state, int size, long count) {
    if (size == 0) {
      return 0;
    }
    state.grow(count > Long.MAX_VALUE / size ? Long.MAX_VALUE : size * count);
    return (int) count;
  }

  static Object divide(Object left, Object right) {
    if (Types.isNumber(left) && Types.isNumber(right)) {
      return Numbers.divide(left, right);
    }
    requireDefined(left, right);
    throw unsupported("/", left, right);
  }

  static Object floorDivide(Object left, Object right) {
    if (Types.isNumber(left) && Types.isNumber(right)) {
      return Numbers.floorDivide(left, right);
    }
    requireDefined(left, right);
    throw unsupported("//", left, right);
  }

  static Object modulo(State state, Object left, Object right) {
    if (Types.isNumber(left) && Types.isNumber(right)) {
      return Numbers.modulo(left, right);
    }
    if (Types.isText(left)) {
      return PercentFormat.format(state, left, right);
    }
    requireDefined(left, right);
    throw unsupported("%", left, right);
  }

  static Object power(Object left, Object right) {
    if (Types.isNumber(left) && Types.isNumber(right)) {
      return Numbers.power(left, right);
    }
    requireDefined(left, right);
    throw unsupported("** or pow()", left, right);
  }

  static Object sign(Object value, boolean negative) {
    if (Types.isNumber(value)) {
      return negative ? Numbers.negate(value) : Numbers.add(value, 0L);
    }
    requireDefined(value, value);
    throw PyError.type(
        "bad operand type for unary " + (negative ? "-" : "+") + ": '" + Types.name(value) + "'");
  }

  static void requireDefined(Object left, Object right) {
    if (left instanceof Undefined undefined) {
      throw undefined.error();
    }
    if (right instanceof Undefined undefined) {
      throw undefined.error();
    }
  }

  private static PyError unsupported(String operator, Object left, Object right) {
    return PyError.type(
        "unsupported operand type(s) for "
            + operator
            + ": '"
            + Types.name(left)
            + "' and '"
            + Types.name(right)
            + "'");
  }
}
