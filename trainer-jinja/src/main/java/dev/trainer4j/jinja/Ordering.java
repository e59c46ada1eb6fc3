// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Filters that sort, group, or keep one of several. */
final class Ordering {

  private Ordering() {}

  static Object sort(State state, Object value, @Nullable Object[] args) {
    boolean ignoreCase = !Filters.isSet(args, 2);
    List<AttributePath> paths = new ArrayList<>();
    Object attribute = Filters.arg(args, 3);
    if (Types.isText(attribute)) {
      for (String one : Types.text(attribute).split(",", -1)) {
        paths.add(new AttributePath(one, null, ignoreCase));
      }
    } else {
      paths.add(new AttributePath(attribute, null, ignoreCase));
    }
    List<Comparisons.Keyed> keyed = new ArrayList<>();
    for (Object item : Iteration.list(state, value)) {
      List<Object> key = new ArrayList<>(paths.size());
      paths.forEach(path -> key.add(path.of(item)));
      keyed.add(new Comparisons.Keyed(PyList.list(key), item));
    }
    return sorted(state, keyed, Filters.isSet(args, 1));
  }

  private static PyList sorted(State state, List<Comparisons.Keyed> keyed, boolean reverse) {
    Comparisons.sort(state, keyed, reverse);
    List<Object> items = new ArrayList<>(keyed.size());
    keyed.forEach(pair -> items.add(pair.item()));
    return PyList.list(items);
  }

  static Object dictSort(State state, Object value, @Nullable Object[] args) {
    Object by = Filters.or(args, 2, "key");
    if (!by.equals("key") && !by.equals("value")) {
      throw PyError.argument("You can only sort by either \"key\" or \"value\"");
    }
    PyDict dict = mapping(value);
    List<Comparisons.Keyed> keyed = new ArrayList<>();
    for (Object item : dict.items()) {
      Object key = ((PyList) item).items.get(by.equals("key") ? 0 : 1);
      keyed.add(
          new Comparisons.Keyed(
              Filters.isSet(args, 1) ? key : AttributePath.ignoreCase(key), item));
    }
    return sorted(state, keyed, Filters.isSet(args, 3));
  }

  /** Returns a value that has to be a dict. */
  static PyDict mapping(Object value) {
    if (value instanceof PyDict dict) {
      return dict;
    }
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    throw new PyError(
        "AttributeError",
        value instanceof Namespace
            ? "items"
            : "'" + Types.name(value) + "' object has no attribute 'items'");
  }

  static Object unique(State state, Object value, @Nullable Object[] args) {
    AttributePath path = new AttributePath(args[2], null, !Filters.isSet(args, 1));
    Set<Object> seen = new HashSet<>();
    return Generator.of(
        "sync_do_unique",
        new Iteration.Lazy() {
          private @Nullable Iterator<Object> items;

          @Override
          @Nullable Object advance() {
            if (items == null) {
              items = Iteration.of(value);
            }
            while (items.hasNext()) {
              state.step();
              Object item = items.next();
              if (seen.add(PyDict.hashed(path.of(item)))) {
                return item;
              }
            }
            return null;
          }
        });
  }

  static Object extreme(State state, Object value, @Nullable Object[] args, String operator) {
    AttributePath path = new AttributePath(args[2], null, !Filters.isSet(args, 1));
    Iterator<Object> items = Iteration.of(value);
    if (!items.hasNext()) {
      return Undefined.because("No aggregated item, sequence was empty.");
    }
    Object best = items.next();
    Object bestKey = path.of(best);
    while (items.hasNext()) {
      Object item = items.next();
      Object key = path.of(item);
      if (Comparisons.ordered(state, operator, key, bestKey)) {
        best = item;
        bestKey = key;
      }
    }
    return best;
  }

  static Object groupBy(State state, Object value, @Nullable Object[] args) {
    boolean ignoreCase = !Filters.isSet(args, 3);
    AttributePath path = new AttributePath(args[1], args[2], ignoreCase);
    AttributePath shown = new AttributePath(args[1], args[2], false);
    List<Comparisons.Keyed> keyed = new ArrayList<>();
    for (Object item : Iteration.list(state, value)) {
      keyed.add(new Comparisons.Keyed(path.of(item), item));
    }
    Comparisons.sort(state, keyed, false);
    List<Object> groups = new ArrayList<>();
    for (int begin = 0; begin < keyed.size(); ) {
      Object key = keyed.get(begin).key();
      List<Object> members = new ArrayList<>();
      int end = begin;
      while (end < keyed.size() && Comparisons.equal(state, keyed.get(end).key(), key)) {
        members.add(keyed.get(end++).item());
      }
      if (members.isEmpty()) { // NaN equals nothing, not even itself
        members.add(keyed.get(end++).item());
      }
      groups.add(new Group(shown.of(members.get(0)), PyList.list(members)));
      begin = end;
    }
    return PyList.list(groups);
  }
}
