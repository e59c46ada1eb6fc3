// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import java.math.BigDecimal;

/** Floats as Python prints them, so that a file which nobody changed stays the same. */
public final class PythonFloat {

  private PythonFloat() {}

  /** Returns Python's {@code repr}: {@code 0.02}, {@code 10000.0}, {@code 1e-12}. */
  public static String repr(double value) {
    if (value == 0 || !Double.isFinite(value)) {
      return Double.toString(value);
    }
    BigDecimal exact = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = exact.precision() - exact.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = exact.toPlainString();
      return plain.contains(".") ? plain : plain + ".0";
    }
    String mantissa = exact.movePointLeft(exponent).toPlainString();
    return mantissa
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }
}
