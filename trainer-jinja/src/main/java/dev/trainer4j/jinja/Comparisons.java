// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Python's comparisons, {@code in}, and the sort that rests on them. */
final class Comparisons {

  private Comparisons() {}

  static boolean equal(State state, Object left, Object right) {
    return equal(state, left, right, 0);
  }

  private static boolean equal(State state, Object left, Object right, int depth) {
    if (left instanceof String a && right instanceof String b) {
      return a.equals(b);
    }
    if (Types.isNumber(left) && Types.isNumber(right)) {
      Integer order = Numbers.compare(left, right);
      return order != null && order == 0;
    }
    if (left == right) {
      return true;
    }
    state.nest(depth);
    state.step();
    if (Types.isText(left) && Types.isText(right)) {
      return Types.text(left).equals(Types.text(right));
    }
    if (left instanceof PyList a && right instanceof PyList b) {
      return a.tuple == b.tuple && equalItems(state, a.items, b.items, depth);
    }
    if (left instanceof PyDict a && right instanceof PyDict b) {
      return equalEntries(state, a, b, depth);
    }
    if (left instanceof DictView a && right instanceof DictView b && a.part() == b.part()) {
      return a.part() == DictView.Part.KEYS && sameKeys(a.dict(), b.dict());
    }
    if (left instanceof PyRange a && right instanceof PyRange b) {
      return a.same(b);
    }
    return left instanceof Undefined && right instanceof Undefined;
  }

  private static boolean sameKeys(PyDict a, PyDict b) {
    return a.size() == b.size() && a.keys().stream().allMatch(b::contains);
  }

  private static boolean equalItems(State state, List<Object> a, List<Object> b, int depth) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!equal(state, a.get(i), b.get(i), depth + 1)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalEntries(State state, PyDict a, PyDict b, int depth) {
    if (a.size() != b.size()) {
      return false;
    }
    for (Map.Entry<Object, Object> entry : a.entries()) {
      Object other = b.get(PyDict.key(entry));
      if (other == null || !equal(state, entry.getValue(), other, depth + 1)) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether {@code left operator right}, of {@code <}, {@code <=}, {@code >} and {@code >=}. */
  static boolean ordered(State state, String operator, Object left, Object right) {
    return ordered(state, operator, left, right, 0);
  }

  private static boolean ordered(
      State state, String operator, Object left, Object right, int depth) {
    state.nest(depth);
    state.step();
    if (Types.isNumber(left) && Types.isNumber(right)) {
      Integer order = Numbers.compare(left, right);
      return order != null && holds(operator, order);
    }
    if (Types.isText(left) && Types.isText(right)) {
      return holds(operator, Strings.compare(Types.text(left), Types.text(right)));
    }
    if (left instanceof PyList a && right instanceof PyList b && a.tuple == b.tuple) {
      for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
        if (!equal(state, a.items.get(i), b.items.get(i), depth + 1)) {
          return ordered(state, operator, a.items.get(i), b.items.get(i), depth + 1);
        }
      }
      return holds(operator, Integer.compare(a.size(), b.size()));
    }
    Operators.requireDefined(left, right);
    throw PyError.type(
        "'"
            + operator
            + "' not supported between instances of '"
            + Types.name(left)
            + "' and '"
            + Types.name(right)
            + "'");
  }

  private static boolean holds(String operator, int order) {
    return switch (operator) {
      case "<" -> order < 0;
      case "<=" -> order <= 0;
      case ">" -> order > 0;
      default -> order >= 0;
    };
  }

  /** Returns {@code item in container}. */
  static boolean contains(State state, Object container, Object item) {
    if (Types.isText(container)) {
      if (!Types.isText(item)) {
        throw PyError.type(
            "'in <string>' requires string as left operand, not " + Types.name(item));
      }
      return Strings.indexOf(state, Types.text(container), Types.text(item), 0) >= 0;
    }
    if (container instanceof PyDict dict) {
      return dict.contains(item);
    }
    if (container instanceof DictView view && view.part() == DictView.Part.KEYS) {
      return view.dict().contains(item);
    }
    if (!Iteration.isIterable(container)) {
      throw PyError.type("argument of type '" + Types.name(container) + "' is not iterable");
    }
    for (Iterator<Object> items = Iteration.of(container); items.hasNext(); ) {
      state.step();
      if (equal(state, items.next(), item)) {
        return true;
      }
    }
    return false;
  }

  /** An item and what it is sorted by. */
  record Keyed(Object key, Object item) {}

  /** Sorts in place as Python does: stable, and only by {@code <}. */
  static void sort(State state, List<Keyed> list, boolean reverse) {
    if (list.size() < 2) {
      return;
    }
    List<Keyed> left = new ArrayList<>(list.subList(0, list.size() / 2));
    List<Keyed> right = new ArrayList<>(list.subList(list.size() / 2, list.size()));
    sort(state, left, reverse);
    sort(state, right, reverse);
    int a = 0;
    int b = 0;
    for (int i = 0; i < list.size(); i++) {
      boolean takeRight = a == left.size();
      if (!takeRight && b < right.size()) {
        Object first = left.get(a).key();
        Object second = right.get(b).key();
        takeRight =
            reverse ? ordered(state, "<", first, second) : ordered(state, "<", second, first);
      }
      list.set(i, takeRight ? right.get(b++) : left.get(a++));
    }
  }
}
