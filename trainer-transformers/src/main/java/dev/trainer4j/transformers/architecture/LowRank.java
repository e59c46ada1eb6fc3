// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.NamedParameter;

/**
 * A low-rank pair beside the weight W of a linear layer, as LoRA has it: the layer gives {@code x W^T +
 * bias + scale * dropout(x) A^T B^T}. {@link AdapterSet} makes them and owns their arrays.
 *
 * @param a shape [r, in], float32
 * @param b shape [out, r], float32
 * @param training what kernels read of it in training: scale and rate of dropout, float64 of shape [2], on
 *     the CPU
 * @param evaluation the same outside of training: scale and 0
 */
public record LowRank(NamedParameter a, NamedParameter b, NDArray training, NDArray evaluation) {

  NDArray numbers(boolean inTraining) {
    return inTraining ? training : evaluation;
  }
}
