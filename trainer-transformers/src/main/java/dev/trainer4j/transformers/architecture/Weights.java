// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Set;

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

  /** Returns the name that a tensor has in the model's state: by default its own, of a tied one the other. */
  default String stateName(String name) {
    return name;
  }

  /**
   * Returns a tensor as {@link #get(String)} does.
   *
   * @param owner of what is made for this pass, if anything is
   */
  default NDArray get(String name, NDManager owner) {
    return get(name);
  }

  /** Returns these weights with an owner for whatever {@link #get(String)} makes. */
  default Weights ownedBy(NDManager owner) {
    Weights all = this;
    return new ForwardingWeights(all) {
      @Override
      public NDArray get(String name) {
        return all.get(name, owner);
      }
    };
  }

  /**
   * Returns the low-rank pairs that add to the linear layer of a weight: none by default. A tied name has
   * pairs of its own: those of an output head are not those of the embeddings.
   */
  default List<LowRank> adaptersOf(String weight) {
    return List.of();
  }

  /** Returns NEFTune's alpha for what training looks up in a table: none, 0, by default. */
  default double noiseOf(String table) {
    return 0;
  }

  /** Returns these weights with noise in what training looks up in tables; see {@link #noiseOf}. */
  default Weights withNoise(Set<String> tables, double alpha) {
    return new NoisyTables(this, tables, alpha);
  }

  /**
   * Returns libtorch's number of the type in which products with quantized weights are taken; {@link
   * KernelLayout#NONE_QUANTIZED} by default: no weight is quantized.
   */
  default int quantizedCompute() {
    return KernelLayout.NONE_QUANTIZED;
  }

  /**
   * Returns what a quantized weight is made of beside the numbers that {@link #get} gives, as {@code codes.py} has
   * it; nothing for one that is not quantized.
   */
  default List<NDArray> partsOf(String name) {
    return List.of();
  }

  /** Returns the names in the model's state of those parts that there is many of, as of numbers: none by default. */
  default List<String> partNamesOf(String name) {
    return List.of();
  }

  /**
   * Returns what a tensor stands for: what {@link #get(String)} gives, or of a quantized weight the values, float32, as
   * it lies where it is not quantized.
   *
   * @param owner of what is made, if anything is
   */
  default NDArray values(String name, NDManager owner) {
    return get(name);
  }

  /** Returns the names of the parameters that {@link #get} makes a tensor with: none by default. */
  default List<String> parametersOf(String name) {
    return List.of();
  }
}
