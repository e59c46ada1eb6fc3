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
  static final ValueType<InputTokenCount> TYPE = type();

  private static ValueType<InputTokenCount> type() {
    ValueType<InputTokenCount> names = ValueType.oneOf(InputTokenCount.class);
    return new ValueType<>(
        names.expected(),
        names.arity(),
        false,
        raw -> names.read(raw).or(() -> ValueType.FLAG.read(raw).map(all -> all ? ALL : NO)),
        names.accepts(),
        names.write());
  }
}
