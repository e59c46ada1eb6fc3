// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

/**
 * How far samples are filled up. Longer samples stay as they are: the tokenizer cuts, not a collator.
 *
 * @param maxLength the least length of all batches; 0 for that of the longest sample of each
 * @param padToMultipleOf a number that the length is rounded up to a multiple of, such as 8 for tensor
 *     cores; 1 for no rounding
 */
public record PaddingOptions(int maxLength, int padToMultipleOf) {

  /** Refuses a negative length and a multiple below 1. */
  public PaddingOptions {
    if (maxLength < 0 || padToMultipleOf < 1) {
      throw new IllegalArgumentException(
          "maxLength is "
              + maxLength
              + " and padToMultipleOf is "
              + padToMultipleOf
              + ": expected at least 0 and at least 1.");
    }
  }

  /** Pads to the longest sample of a batch: the default of all collators. */
  public static PaddingOptions longest() {
    return new PaddingOptions(0, 1);
  }

  /** Pads all batches to one length: Hugging Face's {@code max_length}. */
  public static PaddingOptions toMaxLength(int length) {
    return new PaddingOptions(length, 1);
  }

  /** Returns the same with the length rounded up to a multiple of a number. */
  public PaddingOptions padToMultipleOf(int number) {
    return new PaddingOptions(maxLength, number);
  }
}
