// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.embedding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.transformers.predict.Pooling;

/** Pools hidden states within autograd, on whichever side they are padded. */
final class TokenPooling {

  /** Below every hidden state. */
  private static final float HIDDEN = -1e9f;

  private TokenPooling() {}

  /**
   * Makes a vector of the tokens of each text.
   *
   * @param hidden shape [texts, length, width]
   * @param mask shape [texts, length], 0 where a text is padded
   * @return shape [texts, width]
   */
  static NDArray pool(Pooling pooling, NDArray hidden, NDArray mask) {
    NDArray visible = mask.neq(0).toType(DataType.FLOAT32, false);
    int length = Math.toIntExact(mask.getShape().get(1));
    return switch (pooling) {
      case MEAN -> weighted(hidden, visible).div(visible.sum(new int[] {1}, true).maximum(1e-9f));
      case CLS -> weighted(hidden, at(places(visible, length, 0, -1), visible, length));
      case LAST_TOKEN -> weighted(hidden, at(places(visible, 1, length + 1, 1), visible, length));
      case MAX -> hidden.add(visible.sub(1).mul(-HIDDEN).expandDims(2)).max(new int[] {1});
    };
  }

  /** Numbers of the places of a row, of which the largest visible one is looked for. */
  private static NDArray places(NDArray visible, int from, int to, int step) {
    return visible.getManager().arange(from, to, step, DataType.FLOAT32);
  }

  private static NDArray at(NDArray places, NDArray visible, int length) {
    return visible.mul(places).argMax(1).oneHot(length);
  }

  private static NDArray weighted(NDArray hidden, NDArray weights) {
    return weights.expandDims(1).matMul(hidden).squeeze(1);
  }
}
