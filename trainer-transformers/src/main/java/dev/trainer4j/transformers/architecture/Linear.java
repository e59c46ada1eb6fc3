// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A linear layer of a model.
 *
 * @param weight the name of its weight; a tied name for an output head that shares the embeddings
 * @param in width of its input
 * @param out width of its output
 */
public record Linear(String weight, long in, long out) {

  /**
   * Returns the linear layers among what the kernels of layers and heads take: their matrices.
   *
   * @param slots names of tensors; those that the model lacks are left out
   * @param transposed whether matrices are [in, out], as GPT-2 stores them, instead of [out, in]
   */
  public static List<Linear> among(
      Architecture architecture, List<String> slots, boolean transposed) {
    Map<String, TensorSpec> specs = new LinkedHashMap<>();
    architecture.tensors().forEach(spec -> specs.put(spec.name(), spec));
    Map<String, String> tied = architecture.tied();
    List<Linear> layers = new ArrayList<>();
    for (String slot : slots) {
      TensorSpec spec = specs.get(tied.getOrDefault(slot, slot));
      if (spec != null && spec.trainable() && spec.shape().dimension() == 2) {
        Shape shape = spec.shape();
        layers.add(
            transposed
                ? new Linear(slot, shape.get(0), shape.get(1))
                : new Linear(slot, shape.get(1), shape.get(0)));
      }
    }
    return layers;
  }
}
