// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** From Java's values to copies that a template may see. */
final class Conversion {

  private final Limits limits;
  private final List<Object> path = new ArrayList<>();
  private long size;

  private Conversion(Limits limits) {
    this.limits = limits;
  }

  static Map<String, Object> context(Map<String, ?> context, Limits limits) {
    Map<String, Object> variables = new HashMap<>(context.size() * 2);
    Conversion conversion = new Conversion(limits);
    for (Map.Entry<String, ?> entry : context.entrySet()) {
      conversion.path.add(entry.getKey());
      variables.put(entry.getKey(), conversion.value(entry.getValue()));
      conversion.path.clear();
    }
    return variables;
  }

  private Object value(@Nullable Object value) {
    if (value instanceof String || value instanceof Boolean || value instanceof Long) {
      return value;
    }
    if (value == null) {
      return None.NONE;
    }
    if (value instanceof Map<?, ?> map) {
      return dict(map);
    }
    if (value instanceof Iterable<?> items) {
      return list(items);
    }
    if (value instanceof Object[] items) {
      return list(Arrays.asList(items));
    }
    if (value instanceof Number number) {
      return number(number);
    }
    if (value instanceof CharSequence || value instanceof Character) {
      return value.toString();
    }
    throw refused(
        "is of the "
            + value.getClass()
            + ": give texts, numbers, flags, null, or lists and maps of these");
  }

  private Object number(Number number) {
    if (number instanceof Integer || number instanceof Short || number instanceof Byte) {
      return number.longValue();
    }
    if (number instanceof Double) {
      return number;
    }
    if (number instanceof Float) {
      return Double.parseDouble(number.toString()); // 0.1f is 0.1
    }
    if (number instanceof BigInteger big) {
      return Numbers.small(big);
    }
    if (number instanceof BigDecimal decimal) {
      return decimal.doubleValue();
    }
    throw refused(
        "is of the " + number.getClass() + ": give an int, a long, a double or a BigInteger");
  }

  private Object list(Iterable<?> items) {
    descend();
    List<Object> list = new ArrayList<>();
    for (Object item : items) {
      path.add((long) list.size());
      list.add(value(item));
      path.remove(path.size() - 1);
      count();
    }
    return PyList.list(list);
  }

  private Object dict(Map<?, ?> map) {
    descend();
    PyDict dict = new PyDict();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      path.add(String.valueOf(entry.getKey()));
      Object key = value(entry.getKey());
      if (key instanceof PyList || key instanceof PyDict) {
        throw refused("is a key of the " + entry.getKey().getClass() + ": give a text");
      }
      dict.put(key, value(entry.getValue()));
      path.remove(path.size() - 1);
      count();
    }
    return dict;
  }

  private void descend() {
    if (path.size() > limits.depth()) {
      path.subList(8, path.size()).clear();
      throw refused(
          "... holds values more than "
              + limits.depth()
              + " deep (limit 'depth'): does a list or a map hold itself?");
    }
  }

  private void count() {
    if (++size > limits.totalSize()) {
      throw refused("makes more than " + limits.totalSize() + " values (limit 'totalSize')");
    }
  }

  private TemplateException refused(String what) {
    StringBuilder name = new StringBuilder();
    for (Object part : path) {
      if (part instanceof Long) {
        name.append('[').append(part).append(']');
      } else {
        name.append(name.length() == 0 ? "" : ".").append(part);
      }
    }
    return new TemplateException(0, "", name + " " + what);
  }
}
