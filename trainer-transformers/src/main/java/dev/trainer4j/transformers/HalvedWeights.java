// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.torch.TorchFunctions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Copies of a model's tensors in 16 bits. */
final class HalvedWeights implements AutoCloseable {

  private final ModelCore core;
  private final Map<String, NDArray> of;
  private final NDManager owner;
  private final Map<String, NDArray> copies = new LinkedHashMap<>();

  HalvedWeights(ModelCore core, HalfType type) {
    this.core = core;
    of = core.state();
    owner = core.manager().newSubManager();
    owner.setName("weights in 16 bits");
    try (Autograd.Recording off = Autograd.record(false)) {
      List<NDArray> arrays = TorchFunctions.toHalf(List.copyOf(of.values()), type);
      int next = 0;
      for (String name : of.keySet()) {
        copies.put(name, ArrayScope.keep(arrays.get(next++), owner));
      }
    }
  }

  /**
   * Returns the copy of a tensor.
   *
   * @throws IllegalStateException if the model has other tensors by now
   */
  NDArray get(String name) {
    NDArray copy = copies.get(name);
    if (copy == null || of != core.state()) {
      throw new IllegalStateException(
          "these copies in 16 bits are of the model before its vocabulary was resized, or it was dequantized: close this view"
              + " and make another with halved(...)");
    }
    return copy;
  }

  @Override
  public void close() {
    owner.close();
  }
}
