// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.peft;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.ScriptKernels;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The kernels of {@code adapters.py}, which take part in autograd; compiled when the first is called. */
final class AdapterKernels {

  private static final class Loaded {
    static final ScriptKernels KERNELS =
        ScriptKernels.ofResource(AdapterKernels.class, "Adapters", "adapters.py");
  }

  private AdapterKernels() {}

  static NDArray copied(NDArray base, NDArray copy) {
    return base.getDataType() == copy.getDataType()
        ? copy
        : call("copied", List.of(base, copy)).get(0);
  }

  static NDArray replaced(NDArray base, NDArray rows, NDArray at) {
    return call("replaced", List.of(base, rows, at)).get(0);
  }

  static NDArray scaled(NDArray base, NDArray vector) {
    return call("scaled", List.of(base, vector)).get(0);
  }

  static NDArray merged(
      NDArray base,
      NDArray a,
      NDArray b,
      @Nullable NDArray magnitude,
      double scale,
      boolean transposed) {
    return magnitude == null
        ? call("merged", List.of(base, a, b), scale, transposed ? 1 : 0).get(0)
        : call("merged", List.of(base, a, b, magnitude), scale, transposed ? 1 : 0).get(0);
  }

  static NDArray lengths(NDArray base, NDArray a, NDArray b, double scale, boolean transposed) {
    return call("lengths", List.of(base, a, b), scale, transposed ? 1 : 0).get(0);
  }

  /** Returns A and B. */
  static NDList principal(NDArray base, int rank, double scale, boolean transposed) {
    return call("principal", List.of(base), rank, scale, transposed ? 1 : 0);
  }

  /**
   * Calls a method with a list: arrays of a model may have the name by which DJL knows lists.
   *
   * @param numbers each becomes a tensor on the CPU, before the list
   */
  private static NDList call(String method, List<NDArray> arrays, double... numbers) {
    try (NDManager manager = arrays.get(0).getManager().newSubManager(Device.cpu())) {
      NDArray[] arguments = new NDArray[numbers.length];
      for (int i = 0; i < numbers.length; i++) {
        arguments[i] = ArrayScope.keep(manager.create(numbers[i]), manager);
      }
      NDList results = Loaded.KERNELS.call(method, arrays, arguments);
      results.forEach(result -> result.attach(arrays.get(0).getManager()));
      return results;
    }
  }
}
