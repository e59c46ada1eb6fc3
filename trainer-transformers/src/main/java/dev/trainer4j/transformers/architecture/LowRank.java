// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.NamedParameter;
import org.jspecify.annotations.Nullable;

/**
 * A low-rank pair beside the weight W of a linear layer, as LoRA has it: the layer gives {@code x W^T +
 * bias + scale * dropout(x) A^T B^T}. Beside a table of embeddings it adds {@code scale * B A[:, id]} to the row
 * of an id, without dropout. {@link AdapterSet} makes them and owns their arrays.
 *
 * @param adapter the name of the adapter that it is part of
 * @param a shape [r, in], float32
 * @param b shape [out, r], float32
 * @param magnitude shape [out], float32: lengths that the rows of {@code W + scale B A} are given, as DoRA has
 *     it; null for LoRA, which leaves them as they are
 * @param scale what the product of the pair is multiplied by
 * @param dropout rate of the pair's input in training
 * @param training what kernels read of it in training: scale and rate of dropout, float64 of shape [2], on
 *     the CPU
 * @param evaluation the same outside of training: scale and 0
 */
public record LowRank(
    String adapter,
    NamedParameter a,
    NamedParameter b,
    @Nullable NamedParameter magnitude,
    double scale,
    double dropout,
    NDArray training,
    NDArray evaluation) {

  NDArray numbers(boolean inTraining) {
    return inTraining ? training : evaluation;
  }

  NDArray magnitudeOr(NDArray none) {
    return magnitude == null ? none : magnitude.array();
  }
}
