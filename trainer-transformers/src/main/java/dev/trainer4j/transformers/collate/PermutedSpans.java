// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

import java.util.SplittableRandom;

/**
 * Which tokens of a text are hidden, and which of them others see, in permutation language modeling
 * (Yang et al.: XLNet, 2019); as transformers' collator computes it.
 */
final class PermutedSpans {

  private final double probability;
  private final int maxLength;

  PermutedSpans(double probability, int maxLength) {
    this.probability = probability;
    this.maxLength = maxLength;
  }

  /**
   * Draws spans of 1 to {@code maxLength} tokens, each somewhere within a stretch that is longer by the
   * inverse of the probability; the last may reach beyond the end.
   *
   * @param functional tokens that are never hidden: special ones and padding
   */
  boolean[] hidden(int length, boolean[] functional, SplittableRandom random) {
    boolean[] hidden = new boolean[length];
    for (int from = 0; from < length; ) {
      int span = 1 + random.nextInt(maxLength);
      int stretch = (int) (span / probability);
      int start = from + random.nextInt(stretch - span + 1);
      for (int i = start; i < Math.min(start + span, length); i++) {
        hidden[i] = !functional[i];
      }
      from += stretch;
    }
    return hidden;
  }

  /** Draws an order of {@code size} tokens: what stands at each place of it. */
  static int[] order(int size, SplittableRandom random) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }

  /**
   * Returns whether token i may not attend to token j, at {@code i * length + j}: j is hidden, and its rank is not
   * below that of i. A token's rank is its place in the order of its half, the second half behind the first; of
   * tokens that are neither hidden nor functional it is -1.
   *
   * @param half the order of the tokens of each half
   */
  static boolean[] blocked(boolean[] hidden, boolean[] functional, int[] half) {
    int length = hidden.length;
    int[] rank = new int[length];
    for (int place = 0; place < half.length; place++) {
      rank[place] = half[place];
      rank[half.length + place] = half.length + half[place];
    }
    for (int i = 0; i < length; i++) {
      if (!hidden[i] && !functional[i]) {
        rank[i] = -1;
      }
    }
    boolean[] blocked = new boolean[length * length];
    for (int i = 0; i < length; i++) {
      for (int j = 0; j < length; j++) {
        blocked[i * length + j] = hidden[j] && rank[i] <= rank[j];
      }
    }
    return blocked;
  }
}
