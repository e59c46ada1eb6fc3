// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Going through values, and how many there are. */
final class Iteration {

  private Iteration() {}

  static boolean isIterable(Object value) {
    return Types.isText(value)
        || value instanceof PyList
        || value instanceof PyDict
        || value instanceof Undefined
        || value instanceof Generator
        || value instanceof DictView
        || value instanceof PyRange
        || value instanceof Loop;
  }

  /** Returns the elements, one by one. */
  static Iterator<Object> of(Object value) {
    if (value instanceof PyList list) {
      return list.items.iterator();
    }
    if (Types.isText(value)) {
      return new CharacterIterator(Types.text(value));
    }
    if (value instanceof PyDict dict) {
      return dict.keys().iterator();
    }
    if (value instanceof Generator generator) {
      return generator.iterator();
    }
    if (value instanceof DictView view) {
      return view.list().iterator();
    }
    if (value instanceof PyRange range) {
      return new RangeIterator(range);
    }
    if (value instanceof Undefined) {
      return Collections.emptyIterator();
    }
    if (value instanceof Loop loop) {
      return loop;
    }
    throw PyError.type("'" + Types.name(value) + "' object is not iterable");
  }

  static List<Object> list(State state, Object value) {
    if (value instanceof PyList list) {
      state.grow(list.size());
      return new ArrayList<>(list.items);
    }
    List<Object> list = new ArrayList<>();
    for (Iterator<Object> items = of(value); items.hasNext(); ) {
      state.step();
      if (list.size() == state.limits.valueSize()) {
        state.grow(list.size() + 1L);
      }
      list.add(items.next());
    }
    state.grow(list.size());
    return list;
  }

  /** Returns {@code len(value)}. */
  static long length(Object value) {
    if (value instanceof PyList list) {
      return list.size();
    }
    if (Types.isText(value)) {
      String text = Types.text(value);
      return text.codePointCount(0, text.length());
    }
    if (value instanceof PyDict dict) {
      return dict.size();
    }
    if (value instanceof DictView view) {
      return view.dict().size();
    }
    if (value instanceof PyRange range) {
      return range.size();
    }
    if (value instanceof Undefined) {
      return 0;
    }
    if (value instanceof Loop loop) {
      return loop.length();
    }
    throw PyError.type("object of type '" + Types.name(value) + "' has no len()");
  }

  static boolean hasLength(Object value) {
    return isIterable(value) && !(value instanceof Generator);
  }

  /** Returns the elements from the last to the first. */
  static Iterator<Object> reversed(State state, Object value) {
    boolean sized = hasLength(value) && !(value instanceof Undefined) && !(value instanceof Loop);
    if (!sized) {
      throw PyError.type("'" + Types.name(value) + "' object is not reversible");
    }
    List<Object> list = list(state, value);
    Collections.reverse(list);
    return list.iterator();
  }

  /** An iterator that makes its elements when asked. */
  abstract static class Lazy implements Iterator<Object> {

    private @Nullable Object next;
    private boolean ended;

    /** Returns the next element; null at the end. */
    abstract @Nullable Object advance();

    @Override
    public boolean hasNext() {
      if (next == null && !ended) {
        next = advance();
        ended = next == null;
      }
      return next != null;
    }

    @Override
    public Object next() {
      Object result = hasNext() ? next : null;
      if (result == null) {
        throw new NoSuchElementException();
      }
      next = null;
      return result;
    }
  }

  private static final class CharacterIterator extends Lazy {
    private final String text;
    private int position;

    CharacterIterator(String text) {
      this.text = text;
    }

    @Override
    @Nullable Object advance() {
      if (position == text.length()) {
        return null;
      }
      int begin = position;
      position += Character.charCount(text.codePointAt(begin));
      return text.substring(begin, position);
    }
  }

  private static final class RangeIterator extends Lazy {
    private final PyRange range;
    private int index;

    RangeIterator(PyRange range) {
      this.range = range;
    }

    @Override
    @Nullable Object advance() {
      return index < range.size() ? (Object) range.get(index++) : null;
    }
  }
}
