// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.Task;
import java.util.List;
import java.util.OptionalLong;

/**
 * About how much a batch needs beside weights, gradients and optimizer: what the layers of a transformer keep for the way back in float32,
 * with attention written out, the scores of all tokens where a model writes, and what is alive beside that for a while. Measured were
 * 1.3 (GPT-2 without dropout) to 2.2 times (BERT with it) of what is kept.
 */
final class ActivationMemory {
  private static final List<String> WIDTH = List.of("hidden_size", "n_embd", "dim");
  private static final List<String> INNER = List.of("intermediate_size", "n_inner", "hidden_dim");
  private static final List<String> LAYERS = List.of("num_hidden_layers", "n_layer", "n_layers");
  private static final List<String> HEADS = List.of("num_attention_heads", "n_head", "n_heads");

  /** Bytes for each number of the width: of the input, queries, keys, values, sums, norms and masks of dropout. */
  private static final long OF_WIDTH = 34;

  /** Bytes for each number between the two products of a layer: before and behind the activation. */
  private static final long OF_INNER = 8;

  /** Bytes for each pair of tokens in a head: its weight, before and behind dropout, and the mask. */
  private static final long OF_PAIR = 9;

  /** Bytes for each score of a token: it, its logarithm of the softmax, and the gradient. */
  private static final long OF_SCORE = 12;

  /** How much is alive at the peak, of what is kept. */
  private static final double AT_PEAK = 1.7;

  private ActivationMemory() {}

  /**
   * Returns the bytes for one batch.
   *
   * @param batch samples
   * @param tokens of each, padding included
   * @return empty if the configuration does not say how large a layer is, or there are two stacks of them
   */
  static OptionalLong bytes(PretrainedConfig config, Task head, long batch, long tokens) {
    long width = number(config, WIDTH);
    long layers = number(config, LAYERS);
    long heads = number(config, HEADS);
    if (width == 0 || layers == 0 || heads == 0 || head == Task.SEQ2SEQ_LM) {
      return OptionalLong.empty();
    }
    long inner = number(config, INNER) == 0 ? 4 * width : number(config, INNER);
    long ofToken = layers * (OF_WIDTH * width + OF_INNER * inner + OF_PAIR * heads * tokens);
    boolean scores = head == Task.CAUSAL_LM || head == Task.MASKED_LM;
    long kept = batch * tokens * (ofToken + (scores ? OF_SCORE * config.vocabSize() : 0));
    return OptionalLong.of((long) (AT_PEAK * kept));
  }

  private static long number(PretrainedConfig config, List<String> keys) {
    return keys.stream().mapToLong(key -> config.node(key).asLong(0)).max().orElse(0);
  }
}
