// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The flat buffer of a unit, seen as whole parameters and as shares: what goes over the wire. All units of a
 * type use the same memory, one after the other.
 */
final class Bucket {

  private final NDArray whole;
  private final NDArray share;
  private final List<NDArray> parameters = new ArrayList<>();
  private final List<NDArray> slices = new ArrayList<>();
  private final List<NDArray> padding = new ArrayList<>();

  /**
   * Looks at memory.
   *
   * @param memory a vector of the unit's type, as long as the unit or longer
   * @param owner of the views
   */
  Bucket(ShardUnit unit, List<ShardSlice> own, int rank, NDArray memory, NDManager owner) {
    whole = ArrayScope.keep(view(memory, 0, unit.size()), owner);
    share = ArrayScope.keep(view(memory, rank * unit.shareSize(), unit.shareSize()), owner);
    for (int i = 0; i < unit.parameters().size(); i++) {
      FlatParameter parameter = unit.parameters().get(i);
      NDArray flat = view(memory, unit.offset(i), parameter.size());
      parameters.add(ArrayScope.keep(flat.reshape(parameter.shape()), owner));
    }
    for (ShardSlice slice : own) {
      slices.add(ArrayScope.keep(view(share, slice.offset(), slice.length()), owner));
    }
    if (unit.elements() < unit.size()) {
      NDArray rest = view(memory, unit.elements(), unit.size() - unit.elements());
      padding.add(ArrayScope.keep(rest, owner));
    }
  }

  /** Returns a part of a vector, in its memory. */
  static NDArray view(NDArray vector, long start, long length) {
    return vector.get(new NDIndex().addSliceDim(start, start + length));
  }

  /** Returns what a buffer of several units needs. */
  static Shape memory(List<ShardUnit> units) {
    return new Shape(units.stream().mapToLong(ShardUnit::size).max().orElse(0));
  }

  /**
   * Adds whole arrays of all ranks up; returns this rank's share of the sum, which is overwritten by the next bucket.
   *
   * @param arrays one for each parameter, of its shape
   * @param present whether each is there; zeros take the place of those that are not
   */
  NDArray reduce(List<? extends @Nullable NDArray> arrays, boolean[] present, ShardRanks ranks) {
    List<NDArray> zeros = new ArrayList<>(padding);
    List<NDArray> targets = new ArrayList<>();
    List<NDArray> sources = new ArrayList<>();
    for (int i = 0; i < present.length; i++) {
      if (present[i]) {
        targets.add(parameters.get(i));
        sources.add(Objects.requireNonNull(arrays.get(i)));
      } else {
        zeros.add(parameters.get(i));
      }
    }
    TorchFunctions.copy(targets, sources);
    TorchFunctions.zero(zeros);
    ranks.reduceScatter(whole, share);
    return share;
  }

  /**
   * Gives all ranks what each has of the parameters.
   *
   * @param own one for each slice of this rank, in the order of the share
   * @param arrays overwritten with the whole parameters
   */
  void gather(List<NDArray> own, List<NDArray> arrays, ShardRanks ranks) {
    TorchFunctions.copy(slices, own);
    TorchFunctions.zero(padding);
    ranks.sharing().allGather(whole);
    TorchFunctions.copy(arrays, parameters);
  }
}
