// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.ArrayList;
import java.util.List;

/** Lists, tuples and dicts that are written in the template. */
final class Literals {

  private Literals() {}

  private static List<Object> values(Frame frame, List<Expr> items) {
    frame.state.look(items.size());
    List<Object> values = new ArrayList<>(items.size());
    for (Expr item : items) {
      values.add(item.eval(frame));
    }
    return values;
  }

  static final class ListOf extends Expr {
    private final List<Expr> items;

    ListOf(int line, List<Expr> items) {
      super(line, items);
      this.items = items;
    }

    @Override
    List<Expr> children() {
      return items;
    }

    @Override
    Object eval(Frame frame) {
      return PyList.list(values(frame, items));
    }

    @Override
    String kind() {
      return "list";
    }
  }

  static final class Tuple extends Expr {
    final List<Expr> items;

    Tuple(int line, List<Expr> items) {
      super(line, items);
      this.items = items;
    }

    @Override
    List<Expr> children() {
      return items;
    }

    @Override
    Object eval(Frame frame) {
      return PyList.tuple(values(frame, items));
    }
  }

  static final class Dict extends Expr {
    private final List<Expr> items;

    Dict(int line, List<Expr> keysAndValues) {
      super(line, keysAndValues);
      this.items = keysAndValues;
    }

    @Override
    List<Expr> children() {
      return items;
    }

    @Override
    Object eval(Frame frame) {
      frame.state.look(items.size());
      PyDict dict = new PyDict();
      for (int i = 0; i < items.size(); i += 2) {
        Object key = items.get(i).eval(frame);
        dict.put(key, items.get(i + 1).eval(frame));
      }
      return dict;
    }
  }
}
