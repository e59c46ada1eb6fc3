// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

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

  private final RowSource source;
  private final RowTokenizer tokenizer;
  private final Function<TokenRow, TokenRow> cut;
  private final ConcurrentSkipListMap<Long, String> invalid = new ConcurrentSkipListMap<>();

  /**
   * Prepares rows.
   *
   * @param cut what is done about long rows
   */
  RowPreparation(RowSource source, RowTokenizer tokenizer, Function<TokenRow, TokenRow> cut) {
    this.source = source;
    this.tokenizer = tokenizer;
    this.cut = cut;
  }

  RowSource source() {
    return source;
  }

  /** Makes the tokens of a row, or tells why there are none. */
  Map<String, Object> prepare(long index) {
    Map<String, Object> sample = new LinkedHashMap<>();
    try {
      TokenRow tokens = cut.apply(tokenizer.tokenize(source.row(index)));
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

  /**
   * Makes the tokens of a row that is not one of the source.
   *
   * @throws InvalidRowException if there are none
   */
  TokenRow tokens(@Nullable Map<String, ?> row) {
    return cut.apply(tokenizer.tokenize(source.formatted(row)));
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
