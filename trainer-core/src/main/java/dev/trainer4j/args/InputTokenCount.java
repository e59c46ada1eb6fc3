// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** Which input tokens of training are counted. */
public enum InputTokenCount {
  /** None. */
  NO,
  /** All of them, padding too. */
  ALL,
  /** Those that the attention mask shows, or where there is no mask, those that are no padding token. */
  NON_PADDING;

  /** True and false are Hugging Face's older values: they mean all and none. */
  static final ValueType<InputTokenCount> TYPE =
      ValueType.oneOf(InputTokenCount.class)
          .or(raw -> ValueType.FLAG.read(raw).map(all -> all ? ALL : NO));
}
