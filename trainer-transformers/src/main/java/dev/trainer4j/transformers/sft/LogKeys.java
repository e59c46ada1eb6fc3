// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.args.InputTokenCount;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.transformers.architecture.TokenLoss;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * TRL's {@code num_tokens} in log lines. The trainer counts the tokens that it reads anyway, saves the count, and goes on with it after
 * a resume.
 *
 * @param asked what the arguments ask to be counted under the name of all trainers
 */
record LogKeys(InputTokenCount asked) {

  private static final String SEEN = "num_input_tokens_seen";
  private static final String TOKENS = "num_tokens";

  /** Returns arguments with tokens counted. */
  static TrainingArguments counting(TrainingArguments args) {
    return args.includeNumInputTokensSeen() == InputTokenCount.NO
        ? args.toBuilder().includeNumInputTokensSeen(InputTokenCount.NON_PADDING).build()
        : args;
  }

  /** Returns a line with the count under TRL's name, wherever it has an accuracy; under the other only if asked. */
  LogEntry of(LogEntry entry, long tokens) {
    Map<String, Double> values = new LinkedHashMap<>(entry.values());
    if (asked == InputTokenCount.NO) {
      values.remove(SEEN);
    }
    entry
        .values()
        .keySet()
        .forEach(
            key -> {
              if (key.equals(TokenLoss.ACCURACY) || key.endsWith("_" + TokenLoss.ACCURACY)) {
                String prefix = key.substring(0, key.length() - TokenLoss.ACCURACY.length());
                values.put(prefix + TOKENS, (double) tokens);
              }
            });
    return new LogEntry(entry.step(), values);
  }
}
