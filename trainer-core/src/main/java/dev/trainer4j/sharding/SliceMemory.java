// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Where the slices of whole parameters are that a step changes. */
interface SliceMemory extends AutoCloseable {

  /** Returns the manager of the slices and of all that belongs to them. */
  NDManager home();

  /**
   * Makes the slices of this rank, in their order; they belong to {@link #home}.
   *
   * @param parameters whole, by name
   */
  List<NDArray> slices(List<ShardSlice> slices, Map<String, NDArray> parameters);

  @Override
  void close();

  /** Brings the values of slices up to those of the parameters. */
  void load();

  /**
   * In the parameters themselves: nothing is kept twice.
   *
   * @param home where the parameters are; closed with the slices
   */
  static SliceMemory inParameters(NDManager home) {
    return new InParameters(home);
  }

  /**
   * Copies of their own, such as in the memory of the CPU while parameters are on a GPU: state and step are there,
   * too, and only gradients and new values cross over.
   *
   * @param home of the copies; closed with them
   */
  static SliceMemory apart(NDManager home) {
    return new Apart(home, new ArrayList<>(), new ArrayList<>());
  }

  /** Refuses parameters of which no slice is a vector in memory. */
  static void requireVectors(List<NamedParameter> parameters) {
    for (NamedParameter parameter : parameters) {
      if (!TorchFunctions.isContiguous(parameter.array())) {
        throw new IllegalArgumentException(
            "parameter "
                + parameter.name()
                + " does not lie in memory in the order of its indices (it is a transposed view or the"
                + " like), so it cannot be cut into slices: make it contiguous, or train without sharding");
      }
    }
  }

  /** A range of a parameter, in its memory, of which autograd knows nothing. */
  private static NDArray view(ShardSlice slice, Map<String, NDArray> parameters, NDManager owner) {
    NDArray parameter = parameters.get(slice.parameter().name());
    if (parameter == null) {
      throw new IllegalArgumentException("there is no parameter " + slice.parameter().name());
    }
    NDArray range = Bucket.view(parameter.reshape(new Shape(-1)), slice.start(), slice.length());
    return ArrayScope.keep(range.stopGradient(), owner);
  }

  /** See {@link #inParameters}. */
  record InParameters(NDManager home) implements SliceMemory {

    @Override
    public List<NDArray> slices(List<ShardSlice> slices, Map<String, NDArray> parameters) {
      return slices.stream().map(slice -> view(slice, parameters, home)).toList();
    }

    @Override
    public void load() {}

    @Override
    public void close() {
      home.close();
    }
  }

  /** See {@link #apart}. */
  record Apart(NDManager home, List<NDArray> views, List<NDArray> copies) implements SliceMemory {

    @Override
    public List<NDArray> slices(List<ShardSlice> slices, Map<String, NDArray> parameters) {
      for (ShardSlice slice : slices) {
        NDArray view = view(slice, parameters, home);
        views.add(view);
        NDArray copy = home.create(new Shape(slice.length()), view.getDataType());
        copies.add(ArrayScope.keep(copy, home));
      }
      load();
      return copies;
    }

    @Override
    public void load() {
      TorchFunctions.copy(copies, views);
    }

    @Override
    public void close() {
      home.close();
    }
  }
}
