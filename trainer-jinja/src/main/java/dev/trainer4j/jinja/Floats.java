// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Floats as Python writes and reads them. */
final class Floats {

  private static final Pattern FORM =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");

  /** An underscore that is not between two digits. */
  private static final Pattern STRAY = Pattern.compile("(?<!\\d)_|_(?!\\d)");

  private Floats() {}

  /** Returns the shortest text that reads back as the number: {@code 0.1}, {@code 1e+20}, {@code 3.0}. */
  static String repr(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal digits = shortest(value).stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = digits.toPlainString();
      return plain.indexOf('.') >= 0 ? plain : plain + ".0";
    }
    return digits.movePointLeft(exponent).toPlainString() + power(exponent);
  }

  static String power(int exponent) {
    int size = Math.abs(exponent);
    return (exponent < 0 ? "e-" : "e+") + (size < 10 ? "0" : "") + size;
  }

  /** Java's own text may have a digit too many before version 19. */
  static BigDecimal shortest(double value) {
    BigDecimal best = new BigDecimal(Double.toString(value));
    BigDecimal exact = new BigDecimal(value);
    if (best.precision() <= 15) {
      BigDecimal single = best.precision() == 2 ? exact.round(new MathContext(1)) : best;
      return single.doubleValue() == value ? single : best;
    }
    for (int digits = 15; digits <= 17; digits++) {
      BigDecimal shorter = exact.round(new MathContext(digits));
      if (shorter.doubleValue() == value) {
        return shorter;
      }
    }
    return best;
  }

  /** Reads what Python's {@code float} reads; null where it raises a ValueError. */
  static @Nullable Double parse(String text) {
    String bare = Strings.strip(text, null, true, true);
    String word = bare.toLowerCase(Locale.ROOT);
    double sign = word.startsWith("-") ? -1 : 1;
    if (word.startsWith("-") || word.startsWith("+")) {
      word = word.substring(1);
    }
    return switch (word) {
      case "inf", "infinity" -> sign * Double.POSITIVE_INFINITY;
      case "nan" -> (Double) Double.NaN;
      default -> {
        String digits = STRAY.matcher(bare).find() ? "" : bare.replace("_", "");
        yield FORM.matcher(digits).matches() ? (Double) Double.parseDouble(digits) : null;
      }
    };
  }

  /** Returns {@code int(value)}. */
  static Object toInteger(double value) {
    if (Double.isNaN(value)) {
      throw PyError.value("cannot convert float NaN to integer");
    }
    if (Double.isInfinite(value)) {
      throw PyError.overflow("cannot convert float infinity to integer");
    }
    if (Math.abs(value) < 9e18) {
      return (long) value;
    }
    BigInteger whole = new BigDecimal(value).toBigInteger();
    return Numbers.small(whole);
  }
}
