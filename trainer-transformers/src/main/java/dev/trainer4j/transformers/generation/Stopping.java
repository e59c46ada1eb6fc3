// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** When a row ends before the length limit: at a token or at a text. */
final class Stopping {

  /** A character of a byte-level vocabulary takes up to four tokens. */
  private static final int TOKENS_PER_CHARACTER = 4;

  private final GenerationConfig config;
  private final @Nullable TokenDecoder decoder;
  private final Set<Long> ends = new HashSet<>();
  private final int tail;

  Stopping(GenerationConfig config, @Nullable TokenDecoder decoder) {
    this.config = config;
    this.decoder = decoder;
    config.eosTokenId().forEach(id -> ends.add((long) id));
    int longest = config.stopStrings().stream().mapToInt(String::length).max().orElse(0);
    tail = TOKENS_PER_CHARACTER * longest + 1;
  }

  /** Returns how many different tokens end a row. */
  int endTokens() {
    return ends.size();
  }

  /** Returns whether the row ends with its token at {@code length - 1}. */
  boolean endsAt(long[] row, int length) {
    return ends.contains(row[length - 1]) || endsText(row, length);
  }

  private boolean endsText(long[] row, int length) {
    if (config.stopStrings().isEmpty() || decoder == null) {
      return false;
    }
    long[] last = Arrays.copyOfRange(row, Math.max(0, length - tail), length);
    String text = decoder.decode(last);
    String before = decoder.decode(Arrays.copyOf(last, last.length - 1));
    // The stop string must end within the last token: one that was there before has been judged
    // before.
    return config.stopStrings().stream()
        .anyMatch(
            stop ->
                text.contains(stop)
                    && text.lastIndexOf(stop) + stop.length() > common(text, before));
  }

  /** The length of what both begin with: the last token may complete a character of the text before. */
  private static int common(String text, String before) {
    int i = 0;
    while (i < text.length() && i < before.length() && text.charAt(i) == before.charAt(i)) {
      i++;
    }
    return i;
  }
}
