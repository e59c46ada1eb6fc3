// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What tells one decoder-only family from another; {@link DecoderFamily} reads it from {@code config.json}.
 *
 * @param names how the tensors are called
 * @param vocabulary rows of the token embeddings
 * @param hidden width of the residual stream
 * @param layers number of layers
 * @param heads number of query heads
 * @param keyValueHeads number of key and value heads, which divides heads
 * @param headDim width of a head
 * @param intermediate width of the feed-forward part
 * @param positions {@code max_position_embeddings}; a limit only where positions are learned
 * @param epsilon of the norms
 * @param normOffset what is added to the weight of an RMS norm: 1 in Gemma, which stores it minus one
 * @param activation index into the kernel's activations
 * @param biases which projections have one
 * @param queryKeyNorm whether queries and keys are normed by head, as in Qwen3
 * @param windows how many positions each layer sees, 0 for all
 * @param scales what the scores of each layer are multiplied by
 * @param tied whether the head shares the token embeddings
 * @param embeddingScale what the token embeddings are multiplied by
 * @param rotary rotary position embeddings; null where positions are learned, as in GPT-2
 * @param dropout rates
 * @param initializerRange standard deviation of new weights
 */
record DecoderSpec(
    DecoderNames names,
    int vocabulary,
    int hidden,
    int layers,
    int heads,
    int keyValueHeads,
    int headDim,
    int intermediate,
    int positions,
    double epsilon,
    double normOffset,
    int activation,
    Biases biases,
    boolean queryKeyNorm,
    List<Integer> windows,
    List<Double> scales,
    boolean tied,
    double embeddingScale,
    @Nullable RotaryEmbedding rotary,
    Dropout dropout,
    double initializerRange) {

  /** Which projections have a bias: query, key and value; the attention's output; feed-forward. */
  record Biases(boolean queryKeyValue, boolean output, boolean feedForward) {}

  /** Rates of dropout, of the embeddings, the attention's probabilities and the residual branches. */
  record Dropout(double embedding, double attention, double residual) {}

  DecoderSpec withVocabulary(int tokens) {
    return new DecoderSpec(
        names,
        tokens,
        hidden,
        layers,
        heads,
        keyValueHeads,
        headDim,
        intermediate,
        positions,
        epsilon,
        normOffset,
        activation,
        biases,
        queryKeyNorm,
        windows,
        scales,
        tied,
        embeddingScale,
        rotary,
        dropout,
        initializerRange);
  }

  /** GPT-2 stores weights transposed, its queries, keys and values in one, and has no gate. */
  boolean isGpt2() {
    return names == DecoderNames.GPT2;
  }

  /** Returns the numbers that the kernel takes as options, in its order. */
  double[] options(int layer, boolean training) {
    return new double[] {
      heads,
      keyValueHeads,
      headDim,
      epsilon,
      normOffset,
      activation,
      isGpt2() ? 1 : 0,
      scales.get(layer),
      windows.get(layer),
      training ? dropout.attention() : 0,
      training ? dropout.residual() : 0
    };
  }
}
