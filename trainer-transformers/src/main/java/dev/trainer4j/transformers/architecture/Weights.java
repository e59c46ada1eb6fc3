// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;

/**
 * The tensors that a forward pass computes with, by Hugging Face's names.
 *
 * <p>Segments ask for them at every pass and keep none. So what stands behind a name may be replaced:
 * a copy in another type, a merged adapter, a tensor unpacked for the moment.
 */
public interface Weights {

  /**
   * Returns a tensor; a tied name gives the tensor that it is tied to.
   *
   * @throws IllegalStateException if the model has none of this name
   */
  NDArray get(String name);

  /** Returns several in the order of their names. */
  default List<NDArray> all(List<String> names) {
    List<NDArray> arrays = new ArrayList<>(names.size());
    for (String name : names) {
      arrays.add(get(name));
    }
    return arrays;
  }
}
