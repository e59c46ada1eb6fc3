// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
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

  /** Returns the names of the tensors that are read, as in the model's state, those of adapters behind them. */
  List<String> tensorNames(Weights weights) {
    List<String> all = new ArrayList<>(present);
    all.replaceAll(weights::stateName);
    for (String name : present) {
      all.addAll(weights.partNamesOf(name));
      all.addAll(weights.parametersOf(name));
      for (LowRank pair : weights.adaptersOf(name)) {
        all.add(pair.a().name());
        all.add(pair.b().name());
        if (pair.magnitude() != null) {
          all.add(pair.magnitude().name());
        }
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

  private double noise(Weights weights) {
    double most = 0;
    for (String name : present) {
      most = Math.max(most, weights.noiseOf(name));
    }
    return most;
  }

  /**
   * Reads the tensors of a pass, with the adapters that they have.
   *
   * @param owner of what is made for the pass
   */
  KernelWeights read(Weights weights, boolean training, NDManager owner) {
    return read(weights.ownedBy(owner), training, adapters(weights));
  }

  /** Reads the tensors of a pass, with room for {@code adapters} of each: at least what one has. */
  public KernelWeights read(Weights weights, boolean training, int adapters) {
    KernelLayout layout =
        new KernelLayout(adapters, weights.quantizedCompute(), training ? noise(weights) : 0);
    List<NDArray> arrays = new ArrayList<>(names.size() * (1 + 4 * adapters));
    for (String name : names) {
      arrays.add(name.isEmpty() ? none : weights.get(name));
    }
    if (layout.isQuantized()) {
      addParts(weights, arrays);
    }
    for (int i = 0; i < adapters; i++) {
      List<NDArray> b = new ArrayList<>(names.size());
      List<NDArray> numbers = new ArrayList<>(names.size());
      List<NDArray> magnitudes = new ArrayList<>(names.size());
      for (String name : names) {
        List<LowRank> pairs = name.isEmpty() ? List.of() : weights.adaptersOf(name);
        boolean there = i < pairs.size();
        arrays.add(there ? pairs.get(i).a().array() : none);
        b.add(there ? pairs.get(i).b().array() : none);
        numbers.add(there ? pairs.get(i).numbers(training) : none);
        magnitudes.add(there ? pairs.get(i).magnitudeOr(none) : none);
      }
      arrays.addAll(b);
      arrays.addAll(numbers);
      arrays.addAll(magnitudes);
    }
    return new KernelWeights(arrays, layout);
  }

  private void addParts(Weights weights, List<NDArray> arrays) {
    for (int i = 0; i < KernelLayout.PARTS; i++) {
      for (String name : names) {
        List<NDArray> parts = name.isEmpty() ? List.of() : weights.partsOf(name);
        arrays.add(i < parts.size() ? parts.get(i) : none);
      }
    }
  }
}
