// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads numbers from a saved state, whatever number types a JSON reader made of them. */
record SavedState(Map<String, Object> values) {

  double number(String name) {
    return toDouble(name, values.get(name));
  }

  double number(String name, double otherwise) {
    return values.containsKey(name) ? number(name) : otherwise;
  }

  long count(String name) {
    double number = number(name);
    if (!(number >= 0 && number < 0x1p53) || number != Math.rint(number)) {
      throw broken(name, values.get(name), "a whole number from 0 on");
    }
    return (long) number;
  }

  List<Double> numbers(String name) {
    if (!(values.get(name) instanceof List<?> list)) {
      throw broken(name, values.get(name), "a list");
    }
    return list.stream().map(value -> toDouble(name, value)).toList();
  }

  private static double toDouble(String name, @Nullable Object value) {
    if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
      return number.doubleValue();
    }
    throw broken(name, value, "a finite number");
  }

  private static IllegalArgumentException broken(
      String name, @Nullable Object value, String expected) {
    return new IllegalArgumentException(
        String.format(
            "The saved state of the learning rate scheduler has '%s' = %s, expected %s. It was saved by"
                + " another type of scheduler, or is damaged: choose the same lrSchedulerType, or"
                + " start without the saved state.",
            name, value, expected));
  }
}
