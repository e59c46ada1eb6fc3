// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A dict in the order of its making. A key is a text, or a {@link Key}, for which 1, 1.0 and True are one. */
final class PyDict {

  /** A key that is no text: the value as given, and what it is compared by. */
  private record Key(Object given, Object compared) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key key && compared.equals(key.compared);
    }

    @Override
    public int hashCode() {
      return compared.hashCode();
    }
  }

  /** Tuples within tuples can be endlessly many values in little memory. */
  private static final int MOST_PARTS = 1000;

  private final Map<Object, Object> entries = new LinkedHashMap<>();

  int size() {
    return entries.size();
  }

  @Nullable Object get(Object key) {
    return entries.get(key instanceof String ? key : wrap(key));
  }

  @Nullable Object getText(String key) {
    return entries.get(key);
  }

  boolean contains(Object key) {
    return get(key) != null;
  }

  PyDict put(Object key, Object value) {
    entries.put(key instanceof String ? key : wrap(key), value);
    return this;
  }

  void putAll(PyDict other) {
    entries.putAll(other.entries);
  }

  Iterable<Map.Entry<Object, Object>> entries() {
    return entries.entrySet();
  }

  static Object key(Map.Entry<Object, Object> entry) {
    return entry.getKey() instanceof Key key ? key.given : entry.getKey();
  }

  List<Object> keys() {
    List<Object> keys = new ArrayList<>(size());
    for (Map.Entry<Object, Object> entry : entries.entrySet()) {
      keys.add(key(entry));
    }
    return keys;
  }

  List<Object> values() {
    return new ArrayList<>(entries.values());
  }

  List<Object> items() {
    List<Object> items = new ArrayList<>(size());
    for (Map.Entry<Object, Object> entry : entries.entrySet()) {
      items.add(PyList.tuple(key(entry), entry.getValue()));
    }
    return items;
  }

  private static Object wrap(Object key) {
    Object compared = hashed(key, new int[] {MOST_PARTS});
    return compared instanceof String ? compared : new Key(key, compared);
  }

  /** Returns what equals exactly where Python's keys are equal. */
  static Object hashed(Object key) {
    return hashed(key, new int[] {MOST_PARTS});
  }

  private static Object hashed(Object key, int[] partsLeft) {
    if (--partsLeft[0] < 0) {
      throw PyError.limit("a key of a dict has more than " + MOST_PARTS + " parts");
    }
    if (key instanceof Markup markup) {
      return markup.text();
    }
    if (key instanceof Boolean flag) {
      return flag ? 1L : 0L;
    }
    if (key instanceof Double number) {
      return number == Math.rint(number) && Math.abs(number) < 1e18
          ? (Object) number.longValue()
          : number;
    }
    if (key instanceof PyList list && list.tuple) {
      List<Object> parts = new ArrayList<>(list.size() + 1);
      parts.add("tuple");
      list.items.forEach(item -> parts.add(hashed(item, partsLeft)));
      return parts;
    }
    if (key instanceof PyList || key instanceof PyDict || key instanceof DictView) {
      throw PyError.type("unhashable type: '" + Types.name(key) + "'");
    }
    if (key instanceof Undefined) {
      return Undefined.class;
    }
    return key instanceof BigInteger || key instanceof Long || key instanceof String
        ? key
        : new Same(key);
  }

  /** A key that equals only itself. */
  private record Same(Object object) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Same same && object == same.object;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(object);
    }
  }
}
