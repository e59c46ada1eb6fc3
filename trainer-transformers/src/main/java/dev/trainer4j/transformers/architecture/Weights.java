// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * The tensors that a forward pass computes with, by Hugging Face's names.
 *
 * <p>Segments ask for them at every pass and keep none. So what stands behind a name may be replaced:
 * a copy in another type, a merged adapter, a tensor unpacked for the moment.
 */
@FunctionalInterface
public interface Weights {

  /**
   * Returns a tensor; a tied name gives the tensor that it is tied to.
   *
   * @throws IllegalStateException if the model has none of this name
   */
  NDArray get(String name);

  /**
   * Returns the low-rank pairs that add to the linear layer of a weight: none by default. A tied name has
   * pairs of its own: those of an output head are not those of the embeddings.
   */
  default List<LowRank> adaptersOf(String weight) {
    return List.of();
  }
}
