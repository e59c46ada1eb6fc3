// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.data.Dataset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * From a row as users have it to one of tokens. A row that is none has the reason instead, so that what is kept of
 * a dataset tells of all of its rows.
 */
final class RowPreparation {

  private static final String REASON = "invalid";
  private static final String PROMPT_CHANGED = "prompt_changed";

  private final Dataset<? extends Map<String, ?>> rows;
  private final Function<Map<String, ?>, Map<String, ?>> format;
  private final RowTokenizer tokenizer;
  private final Function<TokenRow, TokenRow> cut;
  private final ConcurrentSkipListMap<Long, String> invalid = new ConcurrentSkipListMap<>();

  /**
   * Prepares rows.
   *
   * @param format what a user does with a row before
   * @param cut what is done about long rows
   */
  RowPreparation(
      Dataset<? extends Map<String, ?>> rows,
      Function<Map<String, ?>, Map<String, ?>> format,
      RowTokenizer tokenizer,
      Function<TokenRow, TokenRow> cut) {
    this.rows = rows;
    this.format = format;
    this.tokenizer = tokenizer;
    this.cut = cut;
  }

  /** The row that tokens are made of. */
  Map<String, ?> row(long index) {
    Map<String, ?> row;
    try {
      row = rows.get(index);
    } catch (RuntimeException e) {
      throw new InvalidRowException("it cannot be read: " + e, e);
    }
    if (row == null) {
      throw new InvalidRowException("it is null");
    }
    return format.apply(row);
  }

  /** What a cache is to know a row by. */
  @Nullable Object content(long index) {
    try {
      return row(index);
    } catch (InvalidRowException e) {
      return e.getMessage();
    }
  }

  /** Makes the tokens of a row, or tells why there are none. */
  Map<String, Object> prepare(long index) {
    Map<String, Object> sample = new LinkedHashMap<>();
    try {
      TokenRow tokens = cut.apply(tokenizer.tokenize(row(index)));
      sample.putAll(tokens.toSample());
      if (!tokens.promptKept()) {
        sample.put(PROMPT_CHANGED, true);
      }
    } catch (InvalidRowException e) {
      String reason = String.valueOf(e.getMessage());
      invalid.put(index, reason);
      sample.put(REASON, reason);
    }
    return sample;
  }

  /** The rows without tokens so far, and why, in their order. */
  Map<Long, String> invalid() {
    return invalid;
  }

  static @Nullable String reason(Map<String, ?> sample) {
    return (String) sample.get(REASON);
  }

  static boolean promptChanged(Map<String, ?> sample) {
    return sample.containsKey(PROMPT_CHANGED);
  }
}
