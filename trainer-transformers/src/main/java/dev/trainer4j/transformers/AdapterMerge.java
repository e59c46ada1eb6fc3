// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.transformers.architecture.Adaptable;
import dev.trainer4j.transformers.architecture.AdapterSet;
import dev.trainer4j.transformers.architecture.Substitute;
import dev.trainer4j.transformers.peft.AdapterMaker;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Active adapters that were put into the weights of their base, and the way back. */
final class AdapterMerge {

  private final PretrainedModel base;
  private final AdapterSet set;
  private final boolean undoable;
  private final List<String> active;
  private final Dequantization dequantized;

  /** Copies of the weights that have changed. */
  private final Map<String, NDArray> before = new LinkedHashMap<>();

  private AdapterMerge(PretrainedModel base, AdapterSet set, boolean undoable) {
    this.base = base;
    this.set = set;
    this.undoable = undoable;
    active = set.active();
    requireMergeable();
    dequantized = base.dequantized();
  }

  /**
   * Merges, and switches the adapters off.
   *
   * @param undoable whether {@link #undo} may follow, for which weights that change are copied
   * @throws IllegalStateException if an adapter stands beside a tensor that another module shares
   */
  static AdapterMerge of(PretrainedModel base, AdapterSet set, boolean undoable) {
    base.requireWeights("be merged with adapters");
    AdapterMerge merge = new AdapterMerge(base, set, undoable);
    merge.run();
    if (!undoable) {
      merge.dequantized.forget();
    }
    set.activate(List.of());
    return merge;
  }

  /** A tensor of two modules cannot take what one of them adds. */
  private void requireMergeable() {
    for (String adapter : active) {
      Set<String> changed = new LinkedHashSet<>(set.pairsOf(adapter).keySet());
      set.substitutesOf(adapter).stream().map(Substitute::tensor).forEach(changed::add);
      for (String tensor : changed) {
        NDArray array = base.tensor(tensor);
        for (String other : base.tensorNames()) {
          if (!changed.contains(other) && base.tensor(other) == array) {
            throw new IllegalStateException(
                "adapter '"
                    + adapter
                    + "' changes "
                    + tensor
                    + ", which is the same tensor as "
                    + other
                    + ": it cannot be merged without changing that, too");
          }
        }
      }
    }
  }

  private void run() {
    boolean copies = undoable && !dequantized.happened(); // Quantized weights are what they were.
    Map<String, Adaptable> modules = new LinkedHashMap<>();
    set.modules().forEach(module -> modules.put(module.weight(), module));
    try (Autograd.Recording off = Autograd.record(false)) {
      base.state()
          .forEach(
              (name, array) -> {
                for (String adapter : active) {
                  merge(adapter, modules.get(name), name, array, copies);
                }
              });
    }
  }

  private void merge(
      String adapter, @Nullable Adaptable module, String name, NDArray array, boolean copies) {
    try (ArrayScope scope = ArrayScope.open()) {
      NDArray values = AdapterMaker.merged(set, adapter, module, name, array);
      if (values == null) {
        return;
      }
      if (copies && !before.containsKey(name)) {
        before.put(name, ArrayScope.keep(array.duplicate(), base.manager()));
      }
      TorchFunctions.copy(List.of(array), List.of(values));
    }
  }

  /** Puts the weights back as they were, to the bit, and switches the adapters on again. */
  void undo() {
    if (!undoable) {
      throw new IllegalStateException("the adapters were merged for good, by mergeAndUnload()");
    }
    before.forEach(
        (name, array) -> {
          TorchFunctions.copy(List.of(base.tensor(name)), List.of(array));
          array.close();
        });
    dequantized.undo();
    set.activate(active);
  }
}
