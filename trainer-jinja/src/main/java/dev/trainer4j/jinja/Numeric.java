// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import org.jspecify.annotations.Nullable;

/** Attributes of numbers and ranges that are not methods. */
final class Numeric {

  private Numeric() {}

  static @Nullable Object attribute(Object value, String name) {
    if (value instanceof PyRange range) {
      return switch (name) {
        case "start" -> range.start();
        case "stop" -> range.stop();
        case "step" -> range.step();
        default -> null;
      };
    }
    if (!Types.isNumber(value)) {
      return null;
    }
    Object plain = value instanceof Boolean ? (Object) Numbers.plain(value) : value;
    return switch (name) {
      case "real" -> plain;
      case "imag" -> value instanceof Double ? (Object) 0.0 : (Object) 0L;
      case "numerator" -> value instanceof Double ? null : plain;
      case "denominator" -> value instanceof Double ? null : (Object) 1L;
      default -> null;
    };
  }
}
