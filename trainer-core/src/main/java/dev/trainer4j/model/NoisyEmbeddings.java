// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

/**
 * A model of texts that can train with noise in its token embeddings (Jain et al.: NEFTune: Noisy Embeddings
 * Improve Instruction Finetuning, 2023).
 */
public interface NoisyEmbeddings extends TrainableModel {

  /**
   * Returns this model as it adds noise to the embeddings of tokens, in forward passes of training alone: a view
   * with the same tensors, which is not to be closed. A model of further abilities, such as {@link
   * SegmentedModel} and {@link MixedPrecisionModel}, returns one that has them, too.
   *
   * <p>To each number of a batch [texts, length, width] one is added that is drawn uniformly from {@code -m} to
   * {@code m}, with {@code m = alpha / sqrt(length * width)}; padding counts in the length. It is drawn from
   * libtorch's generator, which passes seed: a segment that is computed again gets the same noise.
   *
   * @param alpha above 0
   */
  TrainableModel withEmbeddingNoise(double alpha);
}
