// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people read them. */
public final class ReportNumbers {

  private static final MathContext DIGITS = new MathContext(5);

  private ReportNumbers() {}

  /** Returns five significant digits without trailing zeros; very large or small ones as 1.5e-7. */
  public static String shortest(double value) {
    if (!Double.isFinite(value) || value == 0) {
      return value == 0 ? "0" : String.valueOf(value);
    }
    double size = Math.abs(value);
    BigDecimal rounded = new BigDecimal(value).round(DIGITS).stripTrailingZeros();
    if (size < 1e9 && size >= 1e-3) {
      return rounded.toPlainString();
    }
    return rounded
        .unscaledValue()
        .toString()
        .replaceFirst("^(-?\\d)(\\d+)$", "$1.$2")
        .concat("e" + (rounded.precision() - rounded.scale() - 1));
  }

  /** Formats in the same way whatever the machine's language. */
  public static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  /** Returns a size in bytes, such as 1.5 MB. */
  public static String bytes(long bytes) {
    String[] units = {"B", "kB", "MB", "GB", "TB"};
    double size = bytes;
    int unit = 0;
    while (size >= 1000 && unit < units.length - 1) {
      size /= 1000;
      unit++;
    }
    return format(unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
  }
}
