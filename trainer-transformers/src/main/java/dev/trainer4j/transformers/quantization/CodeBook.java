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
      -0.6961928009986877f,
      -0.5250730514526367f,
      -0.39491748809814453f,
      -0.28444138169288635f,
      -0.18477343022823334f,
      -0.09105003625154495f,
      0.0f,
      0.07958029955625534f,
      0.16093020141124725f,
      0.24611230194568634f,
      0.33791524171829224f,
      0.44070982933044434f,
      0.5626170039176941f,
      0.7229568362236023f,
      1.0f),
  /** Floats of a sign, two bits of exponent and one of mantissa, as parts of the largest, 12. */
  FP4(
      0.0f,
      0.0052083334885537624f,
      0.6666666865348816f,
      1.0f,
      0.3333333432674408f,
      0.5f,
      0.1666666716337204f,
      0.25f,
      0.0f,
      -0.0052083334885537624f,
      -0.6666666865348816f,
      -1.0f,
      -0.3333333432674408f,
      -0.5f,
      -0.1666666716337204f,
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
