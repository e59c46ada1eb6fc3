// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.TorchFunctions;
import java.io.IOException;

/** The elements of a tensor that is somewhere else, such as in a file: any range of them can be had. */
@FunctionalInterface
public interface TensorElements {

  /**
   * Returns some elements, counted in the order of the shape.
   *
   * @param start the first
   * @param end the one after the last
   * @param owner of the result, on the CPU
   * @return a vector, of whatever floating or whole type; it may be a view
   * @throws IOException if they cannot be read
   */
  NDArray read(long start, long end, NDManager owner) throws IOException;

  /** The elements of an array without gaps; parts of it are views. */
  static TensorElements of(NDArray array) {
    return (start, end, owner) ->
        array.reshape(-1).get(new NDIndex().addSliceDim(start, end)).toDevice(Device.cpu(), false);
  }

  /** What is done with a part of a range. */
  @FunctionalInterface
  interface Action {
    /**
     * Takes a part.
     *
     * @param start the first of the elements
     * @param values is closed afterwards
     */
    void accept(long start, NDArray values);
  }

  /**
   * Shows a range in parts of 16 MB of float32, so that nobody holds more of it than that.
   *
   * @param parent of the manager that parts belong to
   * @throws IOException if they cannot be read
   */
  default void forEach(long start, long end, NDManager parent, Action action) throws IOException {
    long most = 4L << 20;
    for (long from = start; from < end; from += most) {
      try (ArrayScope scope = ArrayScope.open();
          NDManager host = parent.newSubManager(Device.cpu())) {
        action.accept(from, read(from, Math.min(end, from + most), host));
      }
    }
  }

  /**
   * Fills an array.
   *
   * @param target an array without gaps, of as many elements
   * @throws IOException if they cannot be read
   */
  default void fill(NDArray target) throws IOException {
    forEach(
        0,
        target.size(),
        target.getManager(),
        (start, values) -> TorchFunctions.put(target, start, values));
  }
}
