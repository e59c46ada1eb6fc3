// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The tokens of a row and what is learned of them.
 *
 * @param ids the tokens
 * @param labels as many; the token, or -100 where it is not trained
 * @param promptKept false where the prompt alone has other tokens than it has before its completion
 */
@SuppressWarnings("ArrayRecordComponent") // made once, and only read
record TokenRow(int[] ids, int[] labels, boolean promptKept) {

  static final int IGNORED = -100;

  private static final String INPUT_IDS = "input_ids";
  private static final String LABELS = "labels";

  /** The tokens, each of them trained. */
  static TokenRow whole(int[] ids) {
    return new TokenRow(ids, ids, true);
  }

  /** The same with what is 0 in a mask not trained. */
  TokenRow masked(int[] mask) {
    int[] kept = labels.clone();
    for (int i = 0; i < kept.length; i++) {
      if (mask[i] == 0) {
        kept[i] = IGNORED;
      }
    }
    return new TokenRow(ids, kept, promptKept);
  }

  /** The same with the first tokens not trained. */
  TokenRow behind(int[] prompt) {
    int[] kept = labels.clone();
    Arrays.fill(kept, 0, Math.min(prompt.length, kept.length), IGNORED);
    return new TokenRow(ids, kept, promptKept);
  }

  /** The same, marked if it does not begin with the prompt's own tokens. */
  TokenRow beginningWith(int[] prompt) {
    int mismatch = Arrays.mismatch(prompt, ids);
    return new TokenRow(ids, labels, mismatch < 0 || mismatch == prompt.length);
  }

  /** The first or the last tokens, if there are more. */
  TokenRow cut(int maxLength, TruncationMode mode) {
    if (ids.length <= maxLength) {
      return this;
    }
    int from = mode == TruncationMode.KEEP_START ? 0 : ids.length - maxLength;
    return new TokenRow(
        Arrays.copyOfRange(ids, from, from + maxLength),
        Arrays.copyOfRange(labels, from, from + maxLength),
        promptKept);
  }

  static boolean isTrained(int[] labels) {
    return Arrays.stream(labels).anyMatch(label -> label != IGNORED);
  }

  Map<String, Object> toSample() {
    Map<String, Object> sample = new LinkedHashMap<>();
    sample.put(INPUT_IDS, ids);
    sample.put(LABELS, labels);
    return sample;
  }

  static int[] ids(Map<String, ?> sample) {
    return (int[]) Objects.requireNonNull(sample.get(INPUT_IDS));
  }

  static int[] labels(Map<String, ?> sample) {
    return (int[]) Objects.requireNonNull(sample.get(LABELS));
  }
}
