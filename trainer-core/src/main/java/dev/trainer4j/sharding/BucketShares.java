// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.GivenGradients;
import dev.trainer4j.torch.GradientList;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Shares of a model that every rank holds whole, bucket by bucket: a flat sum of gradients for each bucket, and
 * slices of the parameters. How gradients come in is the difference between stages.
 */
abstract class BucketShares implements Shares {

  private final ShardLayout layout;
  private final ShardRanks ranks;

  /** Owns what is on the device of the parameters. */
  private final NDManager manager;

  /** Owns slices and sums, which may be elsewhere. */
  private final NDManager home;

  private final SliceMemory memory;
  private final List<Bucket> buckets = new ArrayList<>();

  /** The whole parameters of each bucket. */
  private final List<List<NDArray>> wholes = new ArrayList<>();

  /** The slices of this rank in each bucket. */
  private final List<List<NDArray>> owned = new ArrayList<>();

  /** The sums of gradients of this rank, one for each bucket. */
  private final List<NDArray> sums = new ArrayList<>();

  private final List<NDArray> values;
  private final List<NDArray> gradients = new ArrayList<>();
  private final GivenGradients shares;

  /** Of each slice, the place of its parameter in the layout. */
  private final int[] places;

  /** Which parameters have had a gradient on some rank, in the order of the layout. */
  private boolean[] seen;

  /**
   * Makes the shares of a rank.
   *
   * @param parameters whole; all of the layout's
   * @param layout the same on all ranks
   * @throws IllegalArgumentException if a parameter cannot be cut into slices
   */
  BucketShares(
      List<NamedParameter> parameters, ShardLayout layout, ShardRanks ranks, SliceMemory memory) {
    SliceMemory.requireVectors(parameters);
    this.layout = layout;
    this.ranks = ranks;
    this.memory = memory;
    seen = new boolean[parameters.size()];
    manager = parameters.get(0).array().getManager().newSubManager();
    manager.setName("shares of a rank");
    home = memory.home();
    Map<String, NDArray> byName = new LinkedHashMap<>();
    parameters.forEach(parameter -> byName.put(parameter.name(), parameter.array()));
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open()) {
      makeBuckets(byName);
      values = memory.slices(layout.slices(), byName);
      makeSums();
    }
    shares = new GivenGradients(sums);
    List<FlatParameter> order = layout.parameters();
    places = layout.slices().stream().mapToInt(slice -> order.indexOf(slice.parameter())).toArray();
  }

  private void makeBuckets(Map<String, NDArray> parameters) {
    Map<DataType, NDArray> wires = new EnumMap<>(DataType.class);
    for (int i = 0; i < layout.units().size(); i++) {
      ShardUnit unit = layout.units().get(i);
      NDArray wire = wires.computeIfAbsent(unit.type(), this::wire);
      buckets.add(new Bucket(unit, layout.slices(i), layout.rank(), wire, manager));
      wholes.add(unit.parameters().stream().map(p -> parameters.get(p.name())).toList());
    }
  }

  /** The memory that goes over the wire: as large as the largest bucket of the type. */
  private NDArray wire(DataType type) {
    Shape shape =
        Bucket.memory(layout.units().stream().filter(unit -> unit.type() == type).toList());
    return ArrayScope.keep(manager.create(shape, type), manager);
  }

  private void makeSums() {
    int next = 0;
    for (int i = 0; i < layout.units().size(); i++) {
      ShardUnit unit = layout.units().get(i);
      NDArray sum = ArrayScope.keep(home.zeros(new Shape(unit.shareSize()), unit.type()), home);
      sums.add(sum);
      List<ShardSlice> slices = layout.slices(i);
      owned.add(List.copyOf(values.subList(next, next + slices.size())));
      next += slices.size();
      for (ShardSlice slice : slices) {
        gradients.add(ArrayScope.keep(Bucket.view(sum, slice.offset(), slice.length()), home));
      }
    }
  }

  /**
   * Adds the gradients of all ranks to the sums.
   *
   * @param index of the bucket
   * @param arrays one for each parameter of the bucket
   * @param present whether each is there
   * @param fresh whether the sums begin with them
   */
  final void reduce(
      int index, List<? extends @Nullable NDArray> arrays, boolean[] present, boolean fresh) {
    NDArray share = buckets.get(index).reduce(arrays, present, ranks);
    if (fresh) {
      TorchFunctions.copy(List.of(sums.get(index)), List.of(share));
    } else {
      TorchFunctions.add(List.of(sums.get(index)), List.of(share));
    }
  }

  /** Returns the sums as the state of parameters, by {@code <parameter>.gradient}. A collective. */
  final ShardedState partialSums() {
    Map<String, NDArray> sums = new LinkedHashMap<>();
    List<ShardSlice> slices = layout.slices();
    for (int i = 0; i < slices.size(); i++) {
      sums.put(slices.get(i).parameter().name() + ".gradient", gradients.get(i));
    }
    return ShardedState.of(layout, sums, ranks.sharing(), manager);
  }

  /** Notes which parameters have had a gradient, in the order of the layout. */
  final void note(boolean[] present) {
    seen = present;
  }

  final GivenGradients shares() {
    return shares;
  }

  @Override
  public final ShardLayout layout() {
    return layout;
  }

  @Override
  public final NDManager manager() {
    return manager;
  }

  @Override
  public final List<NDArray> values() {
    return values;
  }

  @Override
  public final List<NDArray> gradients() {
    return gradients;
  }

  @Override
  public final boolean[] present() {
    boolean[] present = new boolean[places.length];
    for (int i = 0; i < places.length; i++) {
      present[i] = seen[places[i]];
    }
    return present;
  }

  @Override
  public final GradientList.Measure measure(List<NDArray> losses, double inverseWeight) {
    GradientList.Measure own = shares.measure(losses, inverseWeight);
    // A copy of everything has each gradient once.
    double squares = ranks.sharing().sum(own.norm() * own.norm())[0];
    return new GradientList.Measure(Math.sqrt(squares), own.lossSum());
  }

  @Override
  public final void clip(double norm, double inverseWeight, double maxNorm) {
    shares.clip(norm, inverseWeight, maxNorm);
  }

  @Override
  public final void load() {
    memory.load();
  }

  @Override
  public final void publish() {
    for (int i = 0; i < buckets.size(); i++) {
      buckets.get(i).gather(owned.get(i), wholes.get(i), ranks);
    }
  }

  @Override
  public void close() {
    shares.close();
    manager.close();
    memory.close();
  }
}
