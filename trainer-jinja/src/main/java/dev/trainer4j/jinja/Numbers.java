// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import org.jspecify.annotations.Nullable;

/** Arithmetic of Python's numbers: integers without end (up to a limit), floats, and flags as 0 and 1. */
final class Numbers {

  /** Python itself refuses to print integers of more than 4,300 digits. */
  private static final int MOST_BITS = 14_284;

  private static final double EXACT = 1L << 53;

  private Numbers() {}

  static String decimal(BigInteger big) {
    return big.toString();
  }

  static Object small(BigInteger big) {
    if (big.bitLength() < 64) {
      return big.longValue();
    }
    if (big.bitLength() > MOST_BITS) {
      throw PyError.limit("an integer has more than 4,300 digits");
    }
    return big;
  }

  static BigInteger big(Object value) {
    return value instanceof BigInteger big ? big : BigInteger.valueOf(plain(value));
  }

  /** Returns a small integer; a flag counts as 0 or 1. */
  static long plain(Object value) {
    return value instanceof Boolean flag ? flag ? 1 : 0 : (Long) value;
  }

  static double toDouble(Object value) {
    if (value instanceof Double number) {
      return number;
    }
    if (value instanceof BigInteger big) {
      double result = big.doubleValue();
      if (Double.isInfinite(result)) {
        throw PyError.overflow("int too large to convert to float");
      }
      return result;
    }
    return plain(value);
  }

  static Object add(Object left, Object right) {
    if (left instanceof Double || right instanceof Double) {
      return toDouble(left) + toDouble(right);
    }
    if (left instanceof BigInteger || right instanceof BigInteger) {
      return small(big(left).add(big(right)));
    }
    long a = plain(left);
    long b = plain(right);
    long sum = a + b;
    return ((a ^ sum) & (b ^ sum)) < 0 ? small(big(left).add(big(right))) : (Object) sum;
  }

  static Object subtract(Object left, Object right) {
    if (left instanceof Double || right instanceof Double) {
      return toDouble(left) - toDouble(right);
    }
    if (left instanceof BigInteger || right instanceof BigInteger) {
      return small(big(left).subtract(big(right)));
    }
    long a = plain(left);
    long b = plain(right);
    long difference = a - b;
    return ((a ^ b) & (a ^ difference)) < 0
        ? small(big(left).subtract(big(right)))
        : (Object) difference;
  }

  static Object multiply(Object left, Object right) {
    if (left instanceof Double || right instanceof Double) {
      return toDouble(left) * toDouble(right);
    }
    if (!(left instanceof BigInteger) && !(right instanceof BigInteger)) {
      long a = plain(left);
      long b = plain(right);
      long product = a * b;
      if (Math.multiplyHigh(a, b) == product >> 63) {
        return product;
      }
    }
    return small(big(left).multiply(big(right)));
  }

  static Object divide(Object left, Object right) {
    boolean floats = left instanceof Double || right instanceof Double;
    if (isZero(right)) {
      throw PyError.zeroDivision(floats ? "float division by zero" : "division by zero");
    }
    if (floats || (Math.abs(toDouble(left)) < EXACT && Math.abs(toDouble(right)) < EXACT)) {
      return toDouble(left) / toDouble(right);
    }
    BigDecimal quotient =
        new BigDecimal(big(left)).divide(new BigDecimal(big(right)), new MathContext(60));
    return quotient.doubleValue();
  }

  static Object floorDivide(Object left, Object right) {
    if (left instanceof Double || right instanceof Double) {
      double a = toDouble(left);
      double b = toDouble(right);
      if (b == 0) {
        throw PyError.zeroDivision("float floor division by zero");
      }
      double quotient = (a - floatModulo(a, b)) / b;
      if (quotient == 0) {
        return Math.copySign(0, a / b);
      }
      double floor = Math.floor(quotient);
      return quotient - floor > 0.5 ? floor + 1 : floor;
    }
    if (isZero(right)) {
      throw PyError.zeroDivision("integer division or modulo by zero");
    }
    if (left instanceof BigInteger || right instanceof BigInteger || plain(right) == -1) {
      BigInteger[] parts = big(left).divideAndRemainder(big(right));
      boolean down = parts[1].signum() != 0 && parts[1].signum() != big(right).signum();
      return small(down ? parts[0].subtract(BigInteger.ONE) : parts[0]);
    }
    return Math.floorDiv(plain(left), plain(right));
  }

  static Object modulo(Object left, Object right) {
    if (left instanceof Double || right instanceof Double) {
      double divisor = toDouble(right);
      if (divisor == 0) {
        throw PyError.zeroDivision("float modulo");
      }
      return floatModulo(toDouble(left), divisor);
    }
    if (isZero(right)) {
      throw PyError.zeroDivision("integer modulo by zero");
    }
    if (left instanceof BigInteger || right instanceof BigInteger) {
      BigInteger divisor = big(right);
      BigInteger rest = big(left).mod(divisor.abs());
      return small(rest.signum() != 0 && divisor.signum() < 0 ? rest.add(divisor) : rest);
    }
    return Math.floorMod(plain(left), plain(right));
  }

  private static double floatModulo(double value, double divisor) {
    double rest = value % divisor;
    if (rest == 0) {
      return Math.copySign(0, divisor);
    }
    return divisor < 0 != rest < 0 ? rest + divisor : rest;
  }

  static Object power(Object base, Object exponent) {
    if (base instanceof Double || exponent instanceof Double || big(exponent).signum() < 0) {
      return floatPower(toDouble(base), toDouble(exponent));
    }
    BigInteger big = big(base);
    BigInteger times = big(exponent);
    long bits = big.abs().bitLength();
    if (bits > 1 && (times.bitLength() > 31 || bits * times.longValue() > MOST_BITS + bits)) {
      throw PyError.limit("an integer has more than 4,300 digits");
    }
    if (bits <= 1) { // -1, 0 or 1
      return times.signum() == 0
          ? (Object) 1L
          : big.signum() < 0 && !times.testBit(0) ? (Object) 1L : small(big);
    }
    return small(big.pow(times.intValue()));
  }

  private static Object floatPower(double base, double exponent) {
    if (base == 0 && exponent < 0) {
      throw PyError.zeroDivision("0.0 cannot be raised to a negative power");
    }
    if (base < 0 && exponent != Math.rint(exponent)) {
      throw PyError.notOffered("a complex number");
    }
    double power = Math.pow(base, exponent);
    if (Double.isInfinite(power) && !Double.isInfinite(base) && !Double.isInfinite(exponent)) {
      throw PyError.overflow("(34, 'Numerical result out of range')");
    }
    return power;
  }

  static Object negate(Object value) {
    return value instanceof Double number ? (Object) (-number) : subtract(0L, value);
  }

  static Object absolute(Object value) {
    if (value instanceof Double number) {
      return Math.abs(number);
    }
    return big(value).signum() < 0
        ? negate(value)
        : value instanceof Boolean ? (Object) plain(value) : value;
  }

  private static boolean isZero(Object value) {
    return value instanceof Double number
        ? number == 0
        : !(value instanceof BigInteger) && plain(value) == 0;
  }

  /** Compares two numbers; null where one is no number at all. */
  static @Nullable Integer compare(Object left, Object right) {
    boolean fraction = left instanceof Double || right instanceof Double;
    if (!fraction && !(left instanceof BigInteger) && !(right instanceof BigInteger)) {
      return Long.compare(plain(left), plain(right));
    }
    if (fraction && !isFinite(left, right)) {
      double a = left instanceof Double number ? number : 0;
      double b = right instanceof Double number ? number : 0;
      return Double.isNaN(a) || Double.isNaN(b) ? null : (Integer) Double.compare(a, b);
    }
    return decimal(left).compareTo(decimal(right));
  }

  private static boolean isFinite(Object left, Object right) {
    return !(left instanceof Double a && !Double.isFinite(a))
        && !(right instanceof Double b && !Double.isFinite(b));
  }

  private static BigDecimal decimal(Object value) {
    return value instanceof Double number ? new BigDecimal(number) : new BigDecimal(big(value));
  }

  /** Reads what Python's {@code int(text, base)} reads; null where it raises a ValueError. */
  static @Nullable Object parse(String text, int base) {
    String digits = Strings.strip(text, null, true, true);
    boolean negative = digits.startsWith("-");
    if (negative || digits.startsWith("+")) {
      digits = digits.substring(1);
    }
    String prefix = digits.length() > 1 && digits.charAt(0) == '0' ? digits.substring(1, 2) : "";
    int prefixed =
        "xX".contains(prefix) ? 16 : "oO".contains(prefix) ? 8 : "bB".contains(prefix) ? 2 : 0;
    if (!prefix.isEmpty() && prefixed > 0 && (base == 0 || base == prefixed)) {
      digits = digits.substring(digits.startsWith("_", 2) ? 3 : 2);
      base = prefixed;
    }
    if (base == 0) {
      base = 10;
    }
    if (digits.isEmpty()
        || digits.length() > 4300
        || digits.startsWith("_")
        || digits.endsWith("_")
        || digits.contains("__")) {
      return null;
    }
    digits = digits.replace("_", "");
    for (int i = 0; i < digits.length(); i++) {
      if (Character.digit(digits.charAt(i), base) < 0) {
        return null;
      }
    }
    return small(new BigInteger((negative ? "-" : "") + digits, base));
  }
}
