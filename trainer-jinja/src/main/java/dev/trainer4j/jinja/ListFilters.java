// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Filters that go through elements. */
final class ListFilters {

  private ListFilters() {}

  static Object items(Object value) {
    return Generator.of(
        "do_items",
        new Iteration.Lazy() {
          private @Nullable Iterator<Object> items;

          @Override
          @Nullable Object advance() {
            if (items == null) {
              if (!(value instanceof PyDict) && !(value instanceof Undefined)) {
                throw PyError.type("Can only get item pairs from a mapping.");
              }
              items =
                  value instanceof PyDict dict
                      ? dict.items().iterator()
                      : Collections.emptyIterator();
            }
            return items.hasNext() ? items.next() : null;
          }
        });
  }

  static Object first(Object value) {
    Iterator<Object> items = Iteration.of(value);
    return items.hasNext() ? items.next() : Undefined.because("No first item, sequence was empty.");
  }

  static Object last(State state, Object value) {
    Iterator<Object> items =
        value instanceof Undefined ? Collections.emptyIterator() : Iteration.reversed(state, value);
    return items.hasNext() ? items.next() : Undefined.because("No last item, sequence was empty.");
  }

  static Object random(Object value) {
    long length = Iteration.length(value);
    if (length == 0) {
      return Undefined.because("No random item, sequence was empty.");
    }
    return Attributes.item(value, ThreadLocalRandom.current().nextLong(length));
  }

  static Object join(State state, Object value, @Nullable Object[] args) {
    Object separator = Filters.or(args, 1, "");
    AttributePath path = new AttributePath(args[2], null, false);
    String between = Text.str(state, separator);
    StringBuilder out = new StringBuilder();
    boolean first = true;
    for (Iterator<Object> items = Iteration.of(value); items.hasNext(); first = false) {
      state.step();
      Object item = path.of(items.next());
      out.append(first ? "" : between).append(Text.str(state, item));
      if (out.length() > state.limits.valueSize()) {
        break;
      }
    }
    state.grow(out.length());
    return out.toString();
  }

  static Object reverse(State state, Object value) {
    if (Types.isText(value)) {
      return Slices.slice(state, value, None.NONE, None.NONE, -1L);
    }
    if (value instanceof Undefined) {
      return new Generator("reversed object", Collections.emptyIterator());
    }
    if (value instanceof Generator) {
      List<Object> list = Iteration.list(state, value);
      Collections.reverse(list);
      return PyList.list(list);
    }
    if (!Iteration.isIterable(value)) {
      throw PyError.argument("argument must be iterable");
    }
    String name = "reversed";
    if (value instanceof PyList list && !list.tuple) {
      name = "list_reverseiterator";
    } else if (value instanceof PyRange) {
      name = "range_iterator";
    } else if (value instanceof DictView view && view.part() != DictView.Part.KEYS) {
      name =
          view.part() == DictView.Part.ITEMS
              ? "dict_reverseitemiterator"
              : "dict_reversevalueiterator";
    } else if (value instanceof PyDict || value instanceof DictView) {
      name = "dict_reversekeyiterator";
    }
    return new Generator(name + " object", Iteration.reversed(state, value));
  }

  static Object batch(State state, Object value, @Nullable Object[] args) {
    Object count = Filters.arg(args, 1);
    Object fill = Filters.arg(args, 2);
    return Generator.of(
        "do_batch",
        new Iteration.Lazy() {
          private @Nullable Iterator<Object> items;
          private List<Object> batch = new ArrayList<>();

          @Override
          @Nullable Object advance() {
            if (items == null) {
              items = Iteration.of(value);
            }
            while (items.hasNext()) {
              state.step();
              Object item = items.next();
              if (Comparisons.equal(state, (long) batch.size(), count)) {
                List<Object> full = batch;
                batch = new ArrayList<>(List.of(item));
                return PyList.list(full);
              }
              batch.add(item);
            }
            if (batch.isEmpty()) {
              return null;
            }
            List<Object> last = batch;
            batch = new ArrayList<>();
            return filled(last);
          }

          private Object filled(List<Object> batch) {
            if (fill != None.NONE) {
              long missing = Types.index(count) - batch.size();
              state.grow(Math.max(0, missing));
              batch.addAll(Collections.nCopies((int) Math.max(0, missing), fill));
            }
            return PyList.list(batch);
          }
        });
  }

  static Object slice(State state, Object value, @Nullable Object[] args) {
    Object fill = Filters.arg(args, 2);
    Object count = Filters.arg(args, 1);
    return Generator.of(
        "sync_do_slice",
        new Iteration.Lazy() {
          private @Nullable List<Object> items;
          private long slices;
          private long number;
          private long offset;

          @Override
          @Nullable Object advance() {
            state.step();
            if (items == null) {
              items = Iteration.list(state, value);
              Operators.floorDivide((long) items.size(), count); // which says what is wrong with it
              slices = Types.index(count);
            }
            if (number >= slices) {
              return null;
            }
            long size = items.size() / slices;
            long extra = items.size() % slices;
            long start = offset + number * size;
            offset += number < extra ? 1 : 0;
            long end = offset + (number + 1) * size;
            List<Object> slice = new ArrayList<>(items.subList((int) start, (int) end));
            if (fill != None.NONE && number >= extra) {
              slice.add(fill);
            }
            number++;
            return PyList.list(slice);
          }
        });
  }

  static Object sum(State state, Object value, @Nullable Object[] args) {
    AttributePath path = new AttributePath(args[1], null, false);
    Object sum = Filters.or(args, 2, 0L);
    if (Types.isText(sum)) {
      throw PyError.type("sum() can't sum strings [use ''.join(seq) instead]");
    }
    for (Iterator<Object> items = Iteration.of(value); items.hasNext(); ) {
      state.step();
      sum = Operators.add(state, sum, path.of(items.next()));
    }
    return sum;
  }
}
