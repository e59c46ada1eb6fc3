// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** Which input tokens of training are counted. */
public enum InputTokenCount {
  /** None. */
  NO,
  /** All of them, padding too. */
  ALL,
  /** Those that the {@code attention_mask} shows; all of them where there is no mask. */
  NON_PADDING;

  /** True and false are Hugging Face's older values: they mean all and none. */
  static final ValueType<InputTokenCount> TYPE =
      ValueType.oneOf(InputTokenCount.class)
          .or(raw -> ValueType.FLAG.read(raw).map(all -> all ? ALL : NO));
}
