// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Gradients;
import dev.trainer4j.torch.MovableTensors;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of a unit: whole ones have memory from just before a backward pass until ranks have added them
 * up, and of the sums this rank keeps its share.
 *
 * <p>Backward writes them where they go over the wire from: the gradients of parameters lie in the flat buffer. A
 * parameter that no loss has depended on has no gradient, as with autograd alone.
 */
final class UnitGradients {

  private final ShardUnit layout;
  private final ProcessGroup ranks;
  private final NDManager manager;
  private final NDArray share;
  private final Gradients found;
  private MovableTensors placed = new MovableTensors(List.of());
  private long[] offsets = {};
  private @Nullable NDArray flat;

  /**
   * Begins with gradients of zero.
   *
   * @param tensors the parameters of {@code layout}
   * @param manager owns what is whole, on the device of the parameters
   * @param home owns the share
   */
  UnitGradients(
      ShardUnit layout,
      List<NDArray> tensors,
      ProcessGroup ranks,
      NDManager manager,
      NDManager home) {
    this.layout = layout;
    this.ranks = ranks;
    this.manager = manager;
    found = new Gradients(tensors);
    share = home.zeros(new Shape(layout.shareSize()), layout.type());
    NDScope.unregister(share);
    // Those of a training before this one.
    displace();
  }

  /** This rank's share of the sums of all ranks, of the micro batches so far. */
  NDArray share() {
    return share;
  }

  /** Returns whether each parameter has had a gradient. */
  boolean[] present() {
    return found.present();
  }

  /** Gives gradients the memory that backward writes to. */
  void expect() {
    if (flat == null) {
      NDArray memory = manager.zeros(new Shape(layout.size()), layout.type());
      NDScope.unregister(memory);
      flat = memory;
      placed.place(memory, offsets);
    }
  }

  /** Whether there is something to {@link #reduce}. */
  boolean isExpected() {
    return flat != null;
  }

  /**
   * Adds the gradients of all ranks up, and this rank's share of the sum to its own; collective.
   *
   * @param wanted whether this rank has gone backward; if not, its part is zeros
   */
  void reduce(boolean wanted) {
    try (ArrayScope scope = ArrayScope.open()) {
      NDArray whole = flat;
      if (!wanted || whole == null) {
        whole = manager.zeros(new Shape(layout.size()), layout.type());
      }
      ranks.reduceScatter(whole);
      NDArray own = FlatTensors.view(whole, ranks.rank() * layout.shareSize(), layout.shareSize());
      share.addi(own.toDevice(share.getDevice(), false));
      if (wanted) {
        drop();
      }
    }
  }

  /** Completes what backward has left, times {@code factor}, before it is added up. */
  void multiply(double factor) {
    NDArray whole = flat;
    if (whole == null) {
      return;
    }
    try (ArrayScope scope = ArrayScope.open()) {
      addNew(whole);
      if (factor != 1) {
        whole.muli(factor);
      }
    }
  }

  /** What a first backward pass has made lies elsewhere. */
  private void addNew(NDArray whole) {
    int known = placed.tensors().size();
    if (found.refresh() == known) {
      return;
    }
    List<NDArray> targets = new ArrayList<>();
    List<NDArray> sources = new ArrayList<>();
    for (int i = 0; i < layout.parameters().size(); i++) {
      NDArray gradient = found.array(i);
      if (gradient != null && placed.tensors().stream().noneMatch(g -> g == gradient)) {
        targets.add(FlatTensors.view(whole, layout.offset(i), gradient.size()));
        sources.add(gradient.reshape(-1));
      }
    }
    TorchFunctions.copy(targets, sources);
  }

  /** Lets go of whole gradients. */
  void drop() {
    if (flat != null) {
      flat.close();
      flat = null;
    }
    displace();
  }

  /** Lets go of whole gradients, and begins with sums of zero. */
  void reset() {
    drop();
    TorchFunctions.zero(List.of(share));
  }

  private void displace() {
    if (found.refresh() != offsets.length) {
      List<NDArray> gradients = new ArrayList<>();
      List<Shape> shapes = new ArrayList<>(); // Those of another training may be displaced already.
      List<Long> at = new ArrayList<>();
      for (int i = 0; i < layout.parameters().size(); i++) {
        NDArray gradient = found.array(i);
        if (gradient != null) {
          gradients.add(gradient);
          shapes.add(layout.parameters().get(i).shape());
          at.add(layout.offset(i));
        }
      }
      placed = new MovableTensors(gradients, shapes);
      offsets = at.stream().mapToLong(Long::longValue).toArray();
    }
    placed.displace();
  }

  void close() {
    drop();
    found.close();
    share.close();
  }
}
