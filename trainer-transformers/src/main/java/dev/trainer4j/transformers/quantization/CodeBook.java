// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.quantization;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The numbers that 4 bits stand for, between the largest of a block and its negative, as bitsandbytes writes them. */
@SuppressWarnings("FloatingPointLiteralPrecision")
enum CodeBook {
  /** Equally likely parts of a normal distribution, and an exact zero: QLoRA, appendix E. */
  NF4(
      -1.0f,
      -0.6961928f,
      -0.52507305f,
      -0.3949175f,
      -0.28444138f,
      -0.18477343f,
      -0.091050036f,
      0.0f,
      0.0795803f,
      0.1609302f,
      0.2461123f,
      0.33791524f,
      0.44070983f,
      0.562617f,
      0.72295684f,
      1.0f),
  /** Floats of a sign, two bits of exponent and one of mantissa, as parts of the largest, 12. */
  FP4(
      0.0f,
      0.0052083335f,
      0.6666667f,
      1.0f,
      0.33333334f,
      0.5f,
      0.16666667f,
      0.25f,
      0.0f,
      -0.0052083335f,
      -0.6666667f,
      -1.0f,
      -0.33333334f,
      -0.5f,
      -0.16666667f,
      -0.25f);

  // Never handed out.
  @SuppressWarnings("ImmutableEnumChecker")
  private final float[] numbers;

  CodeBook(float... numbers) {
    this.numbers = numbers;
  }

  static Optional<CodeBook> named(String quantType) {
    return Arrays.stream(values()).filter(book -> book.quantType().equals(quantType)).findFirst();
  }

  /** Returns the name in files. */
  String quantType() {
    return name().toLowerCase(Locale.ROOT);
  }

  float[] numbers() {
    return numbers.clone();
  }

  /** Returns whether these are the numbers, but for rounding. */
  boolean is(float[] others) {
    if (others.length != numbers.length) {
      return false;
    }
    for (int i = 0; i < others.length; i++) {
      if (!(Math.abs(others[i] - numbers[i]) < 1e-5f)) {
        return false;
      }
    }
    return true;
  }
}
