// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import org.jspecify.annotations.Nullable;

/** What a batch gives a model to read. */
final class Prompts {

  private final long[][] inputIds;
  private final long @Nullable [][] attentionMask;

  /**
   * Keeps both, uncopied.
   *
   * @param inputIds rows of one length
   * @param attentionMask of the same shape, 0 where a row is padded; null if none is
   */
  Prompts(long[][] inputIds, long @Nullable [][] attentionMask) {
    this.inputIds = inputIds;
    this.attentionMask = attentionMask;
  }

  long[][] inputIds() {
    return inputIds;
  }

  long @Nullable [][] attentionMask() {
    return attentionMask;
  }
}
