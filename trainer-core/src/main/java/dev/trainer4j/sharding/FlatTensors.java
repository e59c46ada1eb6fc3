// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.MovableTensors;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Tensors of one type as the flat buffer that ranks exchange.
 *
 * <p>Ranks exchange numbers of few types; of another one, such as bfloat16, they exchange the bytes, four in a
 * float32 that nobody computes with.
 */
final class FlatTensors {

  private static final Set<DataType> EXCHANGED = Set.of(DataType.FLOAT32, DataType.FLOAT64);

  private final List<FlatParameter> parameters;
  private final List<NDArray> tensors;
  private final boolean isBytes;

  /**
   * Describes tensors that are all of one type.
   *
   * @param parameters one for each tensor
   */
  FlatTensors(List<FlatParameter> parameters, List<NDArray> tensors) {
    this.parameters = List.copyOf(parameters);
    this.tensors = List.copyOf(tensors);
    isBytes = !EXCHANGED.contains(tensors.get(0).getDataType());
  }

  List<NDArray> tensors() {
    return tensors;
  }

  /** Returns the parameters, as they lie in the buffer if it has their numbers. */
  List<FlatParameter> parameters() {
    return parameters;
  }

  /** Returns whether ranks exchange the bytes of these tensors. */
  boolean isBytes() {
    return isBytes;
  }

  /** Returns the buffer: of all parameters, or of their bytes, which belong together. */
  ShardUnit layout(int worldSize) {
    if (!isBytes) {
      return new ShardUnit(parameters, worldSize);
    }
    long bytes = tensors.stream().mapToLong(t -> t.size() * width(t.getDataType())).sum();
    FlatParameter all =
        new FlatParameter(
            parameters.get(0).name(), new Shape((bytes + 3) / 4), DataType.FLOAT32, false);
    return new ShardUnit(List.of(all), worldSize);
  }

  private static long width(DataType type) {
    return type == DataType.UNKNOWN ? 2 : type.getNumOfBytes(); // DJL's word for bfloat16.
  }

  /** Returns where each tensor begins, in its own elements. */
  long[] offsets() {
    long[] offsets = new long[tensors.size()];
    for (int i = 1; i < offsets.length; i++) {
      offsets[i] = offsets[i - 1] + tensors.get(i - 1).size();
    }
    return offsets;
  }

  /** Returns a rank's share of the buffer as the tensors are now; it belongs to {@code home}. */
  NDArray share(ShardUnit layout, int rank, NDManager home) {
    NDArray share = home.zeros(new Shape(layout.shareSize()), layout.type());
    NDScope.unregister(share);
    try (ArrayScope scope = ArrayScope.open();
        NDManager scratch = tensors.get(0).getManager().newSubManager()) {
      List<NDArray> content =
          isBytes
              ? List.of(new MovableTensors(tensors).memory(layout.elements(), scratch))
              : tensors;
      List<NDArray> targets = new ArrayList<>();
      List<NDArray> sources = new ArrayList<>();
      for (ShardSlice slice : layout.slices(rank)) {
        NDArray whole = content.get(layout.parameters().indexOf(slice.parameter()));
        targets.add(view(share, slice.offset(), slice.length()));
        sources.add(view(whole.reshape(-1), slice.start(), slice.length()));
      }
      TorchFunctions.copy(targets, sources);
    }
    return share;
  }

  /** Returns a part of a vector, in its memory. */
  static NDArray view(NDArray vector, long start, long length) {
    return vector.get(new NDIndex().addSliceDim(start, start + length));
  }
}
