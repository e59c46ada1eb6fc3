// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.model.TensorElements;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Bfloat16;
import dev.trainer4j.torch.MovableTensors;
import dev.trainer4j.torch.TorchFunctions;
import java.io.IOException;
import java.io.UncheckedIOException;
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

  /** Returns a rank's share of the buffer as the tensors are now, with zeros for those without memory. */
  NDArray share(ShardUnit layout, int rank, NDManager home) {
    NDArray share = home.zeros(new Shape(layout.shareSize()), layout.type());
    NDScope.unregister(share);
    try (ArrayScope scope = ArrayScope.open()) {
      for (int i = 0; i < tensors.size(); i++) {
        if (!MovableTensors.isDisplaced(tensors.get(i))) {
          NDArray vector = tensors.get(i).reshape(-1);
          put(i, (start, end, owner) -> Bfloat16.range(vector, start, end, owner), rank, share);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("nothing was to be read", e);
    }
    return share;
  }

  /**
   * Puts those elements of a tensor into a rank's share that belong there.
   *
   * @param index of the tensor
   * @param rank whose share it is
   * @throws IOException if the elements cannot be read
   */
  void put(int index, TensorElements elements, int rank, NDArray share) throws IOException {
    NDArray tensor = tensors.get(index);
    // In bytes of the buffer: a share of bytes may begin or end within an element.
    long width = isBytes ? width(tensor.getDataType()) : tensor.getDataType().getNumOfBytes();
    long first = offsets()[index] * width;
    long shareBytes = share.size() * share.getDataType().getNumOfBytes();
    long from = Math.max(first, rank * shareBytes);
    long to = Math.min(first + tensor.size() * width, (rank + 1) * shareBytes);
    if (from >= to) {
      return;
    }
    elements.forEach(
        (from - first) / width,
        (to - first + width - 1) / width,
        share.getManager(),
        (start, values) -> {
          long begin = first + start * width;
          if (isBytes) {
            long skipped = Math.max(0, from - begin);
            long end = Math.min(values.size() * width, to - begin);
            putBytes(share, begin + skipped - rank * shareBytes, values, tensor, skipped, end);
          } else {
            TorchFunctions.put(share, begin / width - rank * share.size(), values);
          }
        });
  }

  /** Only the numbers that the bytes lie in are copied for it. */
  private static void putBytes(
      NDArray share, long at, NDArray values, NDArray like, long start, long end) {
    long word = at / Float.BYTES;
    long words = (at + end - start + Float.BYTES - 1) / Float.BYTES - word;
    TorchFunctions.putBytes(
        view(share, word, words), at - word * Float.BYTES, values, like, start, end);
  }

  /** Returns a part of a vector, in its memory. */
  static NDArray view(NDArray vector, long start, long length) {
    return vector.get(new NDIndex().addSliceDim(start, start + length));
  }
}
