// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The methods of Python's built-in types. */
final class Methods {

  private static final Map<String, Method> LIST = new HashMap<>();
  private static final Map<String, Method> DICT = new HashMap<>();
  private static final Map<String, Method> NUMBER = new HashMap<>();
  private static final Map<String, Method> NONE = Map.of();

  static {
    put(
        LIST,
        "list",
        "count",
        1,
        1,
        (s, self, a) -> count(s, ((PyList) self).items, a.positional[0]));
    put(LIST, "list", "index", 1, 3, Methods::index);
    put(LIST, "list", "copy", 0, 0, (s, self, a) -> PyList.list(Iteration.list(s, self)));
    put(DICT, "dict", "get", 1, 2, Methods::get);
    put(
        DICT,
        "dict",
        "keys",
        0,
        0,
        (s, self, a) -> new DictView((PyDict) self, DictView.Part.KEYS));
    put(
        DICT,
        "dict",
        "values",
        0,
        0,
        (s, self, a) -> new DictView((PyDict) self, DictView.Part.VALUES));
    put(
        DICT,
        "dict",
        "items",
        0,
        0,
        (s, self, a) -> new DictView((PyDict) self, DictView.Part.ITEMS));
    put(DICT, "dict", "copy", 0, 0, Methods::copy);
    put(DICT, "dict", "fromkeys", 1, 2, Methods::fromKeys);
    put(
        NUMBER,
        "float",
        "is_integer",
        0,
        0,
        (s, self, a) ->
            self instanceof Double number
                && number == Math.rint(number)
                && !Double.isInfinite(number));
    put(
        NUMBER,
        "int",
        "bit_length",
        0,
        0,
        (s, self, a) -> (long) Numbers.big(self).abs().bitLength());
    put(NUMBER, "int", "conjugate", 0, 0, (s, self, a) -> self);
    for (String name :
        List.of("as_integer_ratio", "hex", "fromhex", "to_bytes", "from_bytes", "bit_count")) {
      put(
          NUMBER,
          "int",
          name,
          0,
          -1,
          (s, self, a) -> {
            throw PyError.notOffered(name + "()");
          });
    }
  }

  private Methods() {}

  static void put(
      Map<String, Method> methods,
      String type,
      String name,
      int least,
      int most,
      Method.Body body) {
    methods.put(name, new Method(type, name, least, most, body));
  }

  static @Nullable Method find(Object value, String name) {
    if (value instanceof String || value instanceof Markup) {
      return TextMethods.ALL.get(name);
    }
    if (value instanceof PyDict) {
      return DICT.get(name);
    }
    if (value instanceof PyList list) {
      return list.tuple && name.equals("copy") ? null : LIST.get(name);
    }
    Map<String, Method> methods = Types.isNumber(value) ? NUMBER : NONE;
    Method method = methods.get(name);
    if (method == null) {
      return null;
    }
    boolean ofFloats = name.equals("is_integer") || name.endsWith("hex");
    boolean ofIntegers = name.startsWith("bit_") || name.endsWith("_bytes");
    return value instanceof Double ? ofIntegers ? null : method : ofFloats ? null : method;
  }

  private static Object count(State state, List<Object> items, Object wanted) {
    long count = 0;
    for (Object item : items) {
      count += Comparisons.equal(state, item, wanted) ? 1 : 0;
      state.step();
    }
    return count;
  }

  private static Object index(State state, Object self, Args args) {
    PyList list = (PyList) self;
    int begin = TextMethods.place(args.get(1), list.size(), 0);
    int end = TextMethods.place(args.get(2), list.size(), list.size());
    for (int i = begin; i < end; i++) {
      state.step();
      if (Comparisons.equal(state, list.items.get(i), args.positional[0])) {
        return (long) i;
      }
    }
    throw PyError.value(
        list.tuple
            ? "tuple.index(x): x not in tuple"
            : Text.shortRepr(args.positional[0]) + " is not in list");
  }

  private static Object get(State state, Object self, Args args) {
    Object value = ((PyDict) self).get(args.positional[0]);
    Object other = args.get(1);
    return value != null ? value : other != null ? other : None.NONE;
  }

  private static Object copy(State state, Object self, Args args) {
    PyDict copy = new PyDict();
    state.grow(((PyDict) self).size());
    copy.putAll((PyDict) self);
    return copy;
  }

  private static Object fromKeys(State state, Object self, Args args) {
    PyDict dict = new PyDict();
    Object value = args.get(1);
    for (Object key : Iteration.list(state, args.positional[0])) {
      dict.put(key, value == null ? None.NONE : value);
    }
    return dict;
  }
}
