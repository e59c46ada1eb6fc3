// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code value.name} and {@code value[key]}, as the reference's sandbox looks them up: an attribute of
 * the type first, then a key, and the other way round.
 */
final class Attributes {

  /** What changes a value in place: there, but not for templates. */
  private static final Set<String> LIST_CHANGERS =
      Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");

  private static final Set<String> DICT_CHANGERS =
      Set.of("clear", "pop", "popitem", "setdefault", "update");

  /** What every object of Python has, and templates may not see. */
  private static final Set<String> PRIVATE =
      Set.of(
          "__class__",
          "__init__",
          "__doc__",
          "__dir__",
          "__eq__",
          "__ne__",
          "__hash__",
          "__repr__",
          "__str__",
          "__format__",
          "__new__",
          "__reduce__",
          "__reduce_ex__",
          "__getattribute__",
          "__setattr__",
          "__delattr__",
          "__sizeof__",
          "__subclasshook__",
          "__init_subclass__",
          "__lt__",
          "__le__",
          "__gt__",
          "__ge__");

  private static final Set<String> SIZED =
      Set.of("__len__", "__iter__", "__contains__", "__getitem__");

  private static final Set<String> FUNCTION =
      Set.of(
          "__globals__",
          "__code__",
          "__closure__",
          "__defaults__",
          "__dict__",
          "__name__",
          "__module__",
          "__qualname__",
          "__kwdefaults__",
          "__annotations__",
          "__call__",
          "__get__");

  private Attributes() {}

  /** {@code value.name}. */
  static Object attribute(Object value, String name) {
    Object found = own(value, name);
    if (found != null) {
      return found;
    }
    if (value instanceof PyDict dict) {
      Object item = dict.getText(name);
      if (item != null) {
        return item;
      }
    } else if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
    return Undefined.of(value, name);
  }

  /** {@code value[key]}. */
  static Object item(Object value, Object key) {
    if (value instanceof PyDict dict) {
      Object item = key instanceof String text ? dict.getText(text) : hashable(dict, key);
      if (item != null) {
        return item;
      }
    } else if (value instanceof Undefined undefined) {
      throw undefined.error();
    } else if (Types.isInteger(key)
        && (value instanceof PyList || Types.isText(value) || value instanceof PyRange)) {
      Object item = Slices.at(value, Types.index(key));
      if (item != null) {
        return item;
      }
    }
    if (Types.isText(key)) {
      Object found = own(value, Types.text(key));
      if (found != null) {
        return found;
      }
    }
    return Undefined.of(value, key instanceof Markup markup ? markup.text() : key);
  }

  private static @Nullable Object hashable(PyDict dict, Object key) {
    return key instanceof PyDict || (key instanceof PyList list && !list.tuple)
        ? null
        : dict.get(key);
  }

  /** Returns an attribute of the type of a value; null if it has none of that name. */
  static @Nullable Object own(Object value, String name) {
    if (value instanceof Undefined) {
      return null;
    }
    if (name.startsWith("_")) {
      boolean there =
          !(value instanceof Namespace)
              && (PRIVATE.contains(name)
                  || (SIZED.contains(name) && Iteration.hasLength(value))
                  || (FUNCTION.contains(name) && value instanceof Fn));
      return there ? Undefined.unsafe(value, name) : null;
    }
    if ((value instanceof PyDict && DICT_CHANGERS.contains(name))
        || (value instanceof PyList list && !list.tuple && LIST_CHANGERS.contains(name))) {
      return Undefined.unsafe(value, name);
    }
    if (value instanceof Namespace namespace) {
      return namespace.attributes.getText(name);
    }
    if (value instanceof WithAttributes object) {
      Object found = object.attribute(name);
      if (found != null) {
        return found;
      }
    }
    Method method = Methods.find(value, name);
    return method == null ? Numeric.attribute(value, name) : method.of(value);
  }

  /** A value that knows its attributes. */
  interface WithAttributes {
    @Nullable Object attribute(String name);
  }
}
