// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.List;

/** A list or a tuple. Nobody changes one that is made: templates may not, as in the reference. */
class PyList {

  final List<Object> items;
  final boolean tuple;

  PyList(List<Object> items, boolean tuple) {
    this.items = items;
    this.tuple = tuple;
  }

  static PyList list(List<Object> items) {
    return new PyList(items, false);
  }

  static PyList tuple(List<Object> items) {
    return new PyList(items, true);
  }

  static PyList tuple(Object... items) {
    return new PyList(List.of(items), true);
  }

  int size() {
    return items.size();
  }

  PyList like(List<Object> others) {
    return new PyList(others, tuple);
  }

  PyList plus(State state, PyList other) {
    state.grow((long) size() + other.size());
    List<Object> both = new ArrayList<>(size() + other.size());
    both.addAll(items);
    both.addAll(other.items);
    return like(both);
  }
}
