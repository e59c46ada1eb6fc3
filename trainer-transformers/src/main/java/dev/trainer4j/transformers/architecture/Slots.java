// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;

/** The names of the tensors that a kernel takes, in its order; empty for one that the model lacks. */
public final class Slots {

  private final List<String> names;
  private final List<String> present;
  private final NDArray none;

  /**
   * Names what a kernel takes.
   *
   * @param none stands for a tensor that is not there: one without elements
   */
  Slots(List<String> names, NDArray none) {
    this.names = List.copyOf(names);
    this.none = none;
    present = names.stream().filter(name -> !name.isEmpty()).toList();
  }

  /** Returns the names of the tensors that are read, those of adapters behind them. */
  List<String> tensorNames(Weights weights) {
    if (adapters(weights) == 0) {
      return present;
    }
    List<String> all = new ArrayList<>(present);
    for (String name : present) {
      for (LowRank pair : weights.adaptersOf(name)) {
        all.add(pair.a().name());
        all.add(pair.b().name());
      }
    }
    return all;
  }

  /** Returns how many adapters a tensor has at most. */
  public int adapters(Weights weights) {
    int most = 0;
    for (String name : present) {
      most = Math.max(most, weights.adaptersOf(name).size());
    }
    return most;
  }

  /** Reads the tensors of a pass, with the adapters that they have. */
  KernelWeights read(Weights weights, boolean training) {
    return read(weights, training, adapters(weights));
  }

  /** Reads the tensors of a pass, with room for {@code adapters} of each: at least what one has. */
  public KernelWeights read(Weights weights, boolean training, int adapters) {
    List<NDArray> arrays = new ArrayList<>(names.size() * (1 + 3 * adapters));
    for (String name : names) {
      arrays.add(name.isEmpty() ? none : weights.get(name));
    }
    for (int i = 0; i < adapters; i++) {
      List<NDArray> b = new ArrayList<>(names.size());
      List<NDArray> numbers = new ArrayList<>(names.size());
      for (String name : names) {
        List<LowRank> pairs = name.isEmpty() ? List.of() : weights.adaptersOf(name);
        boolean there = i < pairs.size();
        arrays.add(there ? pairs.get(i).a().array() : none);
        b.add(there ? pairs.get(i).b().array() : none);
        numbers.add(there ? pairs.get(i).numbers(training) : none);
      }
      arrays.addAll(b);
      arrays.addAll(numbers);
    }
    return new KernelWeights(arrays, adapters);
  }
}
