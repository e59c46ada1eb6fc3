// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.embedding;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.LossOutput;
import java.util.List;

/** What the vectors of texts that belong together are to become. */
@FunctionalInterface
public interface EmbeddingLoss {

  /**
   * Returns the loss of a micro batch, within autograd.
   *
   * @param vectors for each column of texts, in the order of the columns, shape [samples, width], float32
   */
  LossOutput of(List<NDArray> vectors);

  /**
   * Returns how many samples a micro batch must have to teach anything; one by default.
   *
   * @param columns of texts that a sample has
   */
  default int fewestSamples(int columns) {
    return 1;
  }
}
