// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.HalfType;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What all segments of one forward pass share.
 *
 * @param inputs the batch, labels included
 * @param training whether dropout and the like are on
 * @param products the type that products are taken in, null for that of their operands
 * @param shared arrays made once for the batch, such as an attention mask, by name; they take part
 *     in no gradient
 */
public record ForwardPass(
    ModelInputs inputs,
    boolean training,
    @Nullable HalfType products,
    Map<String, NDArray> shared) {

  /** Copies the map. */
  public ForwardPass {
    shared = Map.copyOf(shared);
  }

  /**
   * Returns a shared array.
   *
   * @throws IllegalStateException if the model made none of this name
   */
  public NDArray get(String name) {
    NDArray array = shared.get(name);
    if (array == null) {
      throw new IllegalStateException(
          "the pass has no shared array '" + name + "'; it has " + shared.keySet());
    }
    return array;
  }
}
