// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

import dev.trainer4j.data.BatchPosition;
import dev.trainer4j.torch.Seeds;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Hides tokens of one sample. Which ones is a function of the seed and the place of the sample in the
 * run: a resumed run hides the same.
 */
final class TokenMasking {

  /** A loss ignores these. */
  static final int IGNORED = -100;

  private final double probability;
  private final double maskReplace;
  private final double randomReplace;
  private final int maskTokenId;
  private final int vocabularySize;

  TokenMasking(
      double probability,
      double maskReplace,
      double randomReplace,
      int maskTokenId,
      int vocabularySize) {
    this.probability = probability;
    this.maskReplace = maskReplace;
    this.randomReplace = randomReplace;
    this.maskTokenId = maskTokenId;
    this.vocabularySize = vocabularySize;
  }

  /** Ids with some hidden, and labels that tell these. */
  static final class Masked {
    final int[] inputIds;
    final int[] labels;

    private Masked(int[] inputIds, int[] labels) {
      this.inputIds = inputIds;
      this.labels = labels;
    }
  }

  static SplittableRandom random(long seed, BatchPosition position, int sample) {
    // Mixed, not added: SplittableRandom steps through its seeds, and neighbours would be one
    // stream.
    return new SplittableRandom(Seeds.mix(seed, position.epoch(), position.firstSample() + sample));
  }

  /**
   * Hides tokens.
   *
   * @param words the word of each token; tokens of -1 are never hidden, those of one word together
   */
  Masked apply(int[] ids, int[] words, SplittableRandom random) {
    int[] inputs = ids.clone();
    int[] labels = new int[ids.length];
    Arrays.fill(labels, IGNORED);
    boolean chosen = false;
    for (int i = 0; i < ids.length; i++) {
      // Always the same number of draws, so that tokens do not depend on each other.
      double choice = random.nextDouble();
      double replacement = random.nextDouble();
      int other = random.nextInt(vocabularySize);
      boolean begins = i == 0 || words[i] != words[i - 1];
      chosen = begins ? choice < probability : chosen;
      if (words[i] < 0 || !chosen) {
        continue;
      }
      labels[i] = ids[i];
      if (replacement < maskReplace) {
        inputs[i] = maskTokenId;
      } else if (replacement < maskReplace + randomReplace) {
        inputs[i] = other;
      }
    }
    return new Masked(inputs, labels);
  }
}
