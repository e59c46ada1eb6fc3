// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A module of a model that adapters can stand beside: a linear layer or a table of embeddings.
 *
 * @param weight the name of its weight, which ends in {@code .weight}; a tied name for an output head that
 *     shares the embeddings
 * @param kind what it is, and how its weight lies
 * @param in width of its input; rows of a table
 * @param out width of its output
 */
public record Adaptable(String weight, Kind kind, long in, long out) {

  /** What a module is. */
  public enum Kind {
    /** A linear layer, whose weight is [out, in]. */
    LINEAR,
    /** A linear layer as GPT-2 has it, whose weight is [in, out]. */
    TRANSPOSED,
    /** A table of embeddings, whose weight is [in, out]. */
    EMBEDDING
  }

  private static final String ENDING = ".weight";

  /** Returns the name of the module: that of the weight without its ending. */
  public String module() {
    return weight.substring(0, weight.length() - ENDING.length());
  }

  /** Returns whether the weight is [out, in], as the product of a pair is. */
  public boolean isOutByIn() {
    return kind == Kind.LINEAR;
  }

  /**
   * Returns the modules among what kernels take: their matrices.
   *
   * @param slots names of tensors; those that the model lacks are left out
   * @param kind what they are
   */
  public static List<Adaptable> among(Architecture architecture, List<String> slots, Kind kind) {
    Map<String, TensorSpec> specs = new LinkedHashMap<>();
    architecture.tensors().forEach(spec -> specs.put(spec.name(), spec));
    Map<String, String> tied = architecture.tied();
    List<Adaptable> modules = new ArrayList<>();
    for (String slot : slots) {
      TensorSpec spec = specs.get(tied.getOrDefault(slot, slot));
      if (spec != null && spec.trainable() && spec.shape().dimension() == 2) {
        Shape shape = spec.shape();
        modules.add(
            kind == Kind.LINEAR
                ? new Adaptable(slot, kind, shape.get(1), shape.get(0))
                : new Adaptable(slot, kind, shape.get(0), shape.get(1)));
      }
    }
    return modules;
  }
}
