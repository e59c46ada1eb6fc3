// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.state.LogEntry;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Log entries as lines for people: {@code epoch 1.00, step 265: loss 1.234, grad_norm 0.5117}. */
final class LogLine {

  private static final MathContext DIGITS = new MathContext(4);
  private static final double SMALLEST_PLAIN = 1e-4;
  private static final double LARGEST_PLAIN = 1e7;
  private static final double LARGEST_COUNT = 1e10;

  private LogLine() {}

  static String of(LogEntry entry) {
    return of(entry, key -> true);
  }

  /** Leaves out how long it took. */
  static String withoutSpeed(LogEntry entry) {
    return of(entry, key -> !key.endsWith("_runtime") && !key.endsWith("_per_second"));
  }

  private static String of(LogEntry entry, Predicate<String> shown) {
    String values =
        entry.values().entrySet().stream()
            .filter(value -> !value.getKey().equals("epoch") && shown.test(value.getKey()))
            .map(LogLine::pair)
            .collect(Collectors.joining(", "));
    double epoch = entry.value("epoch").orElse(0);
    return String.format(Locale.ROOT, "epoch %.2f, step %d: %s", epoch, entry.step(), values);
  }

  private static String pair(Map.Entry<String, Double> value) {
    return value.getKey() + " " + number(value.getValue());
  }

  /** Returns 4 significant digits, with an exponent only where zeros would hide them; counts in full. */
  static String number(double value) {
    if (value == 0 || Double.isNaN(value) || Double.isInfinite(value)) {
      return value == 0 ? "0" : Double.toString(value);
    }
    if (value == Math.rint(value) && Math.abs(value) < LARGEST_COUNT) {
      return Long.toString((long) value);
    }
    BigDecimal rounded = new BigDecimal(value).round(DIGITS).stripTrailingZeros();
    double size = Math.abs(value);
    if (size >= SMALLEST_PLAIN && size < LARGEST_PLAIN) {
      return rounded.toPlainString();
    }
    int exponent = rounded.precision() - rounded.scale() - 1;
    return rounded.movePointLeft(exponent).toPlainString() + "e" + exponent;
  }
}
