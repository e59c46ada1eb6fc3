// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.math.BigInteger;

/** Python's names for the types of values, and what a value counts as in a condition. */
final class Types {

  private Types() {}

  /** Returns {@code type(value).__name__}. */
  static String name(Object value) {
    if (value instanceof String) {
      return "str";
    }
    if (value instanceof Long || value instanceof BigInteger) {
      return "int";
    }
    if (value instanceof PyList list) {
      return list instanceof Group ? Group.TYPE : list.tuple ? "tuple" : "list";
    }
    if (value instanceof Fn function) {
      return function.type();
    }
    if (value instanceof Generator generator) {
      return generator.type();
    }
    if (value instanceof DictView view) {
      return view.part().type;
    }
    if (value == None.NONE) {
      return "NoneType";
    }
    if (value instanceof PyDict) {
      return "dict";
    }
    return value instanceof Double
        ? "float"
        : value instanceof Boolean
            ? "bool"
            : value instanceof PyRange
                ? "range"
                : value instanceof Loop ? "LoopContext" : value.getClass().getSimpleName();
  }

  /** Returns how the reference speaks of a value whose attribute is missing. */
  static String described(Object value) {
    String name = name(value);
    return switch (name) {
      case "NoneType" -> "None";
      case "Namespace", "Cycler", "Joiner" -> "jinja2.utils." + name + " object";
      case "Macro", "LoopContext" -> "jinja2.runtime." + name + " object";
      case Group.TYPE -> "jinja2.filters._GroupTuple object";
      case "Markup" -> "markupsafe.Markup object";
      default -> name + " object";
    };
  }

  static boolean truth(Object value) {
    if (value instanceof Boolean flag) {
      return flag;
    }
    if (value instanceof String text) {
      return !text.isEmpty();
    }
    if (value == None.NONE || value instanceof Undefined) {
      return false;
    }
    if (value instanceof PyList list) {
      return list.size() > 0;
    }
    if (value instanceof Long number) {
      return number != 0;
    }
    if (value instanceof PyDict dict) {
      return dict.size() > 0;
    }
    if (value instanceof Double number) {
      return number != 0;
    }
    if (value instanceof Markup markup) {
      return !markup.text().isEmpty();
    }
    if (value instanceof DictView view) {
      return view.dict().size() > 0;
    }
    return !(value instanceof PyRange range) || range.size() > 0;
  }

  static boolean isText(Object value) {
    return value instanceof String || value instanceof Markup;
  }

  /** Returns the characters of a text or of an HTML text. */
  static String text(Object value) {
    return value instanceof Markup markup ? markup.text() : (String) value;
  }

  static boolean isInteger(Object value) {
    return value instanceof Long || value instanceof Boolean || value instanceof BigInteger;
  }

  static boolean isNumber(Object value) {
    return isInteger(value) || value instanceof Double;
  }

  /** Returns an index or a size: a number that Python takes where it wants an integer. */
  static long index(Object value) {
    if (value instanceof Long number) {
      return number;
    }
    if (value instanceof Boolean flag) {
      return flag ? 1 : 0;
    }
    if (value instanceof BigInteger big) {
      return big.signum() < 0 ? Long.MIN_VALUE / 4 : Long.MAX_VALUE / 4;
    }
    if (value instanceof Undefined) {
      throw PyError.type("'Undefined' object cannot be interpreted as an integer");
    }
    throw PyError.type("'" + name(value) + "' object cannot be interpreted as an integer");
  }
}
