// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.model.TensorElements;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.MovableTensors;
import dev.trainer4j.torch.TorchFunctions;
import java.io.IOException;
import java.util.List;

/**
 * Tensors that are gathered together: this rank keeps its share of them, and they have their memory only while
 * somebody computes with them. They stay the same arrays all the time.
 */
final class ParameterUnit {

  private final FlatTensors content;
  private final MovableTensors tensors;
  private final ShardUnit layout;
  private final long[] offsets;
  private final ProcessGroup ranks;
  private final NDManager manager;
  private final NDArray share;
  private boolean there;

  /**
   * Shares tensors out: afterwards they have no memory. Of those that had none the share is zeros.
   *
   * @param ranks those who share
   * @param manager owns what is gathered, on the device of the tensors
   * @param home owns the share
   */
  ParameterUnit(FlatTensors content, ProcessGroup ranks, NDManager manager, NDManager home) {
    this.ranks = ranks;
    this.manager = manager;
    this.content = content;
    layout = content.layout(ranks.worldSize());
    offsets = content.offsets();
    share = content.share(layout, ranks.rank(), home);
    tensors = new MovableTensors(content.tensors());
    tensors.displace();
  }

  List<FlatParameter> parameters() {
    return content.parameters();
  }

  List<NDArray> tensors() {
    return tensors.tensors();
  }

  /** The flat buffer that the tensors are gathered in. */
  ShardUnit layout() {
    return layout;
  }

  /** This rank's share of it. */
  NDArray share() {
    return share;
  }

  /** Whether the tensors have their memory. */
  boolean isThere() {
    return there;
  }

  /**
   * Takes part in gathering the tensors; collective.
   *
   * @param wanted whether the tensors are to have what is gathered
   */
  void gather(boolean wanted) {
    try (ArrayScope scope = ArrayScope.open()) {
      NDArray flat = manager.create(new Shape(layout.size()), layout.type());
      NDArray own = FlatTensors.view(flat, ranks.rank() * layout.shareSize(), layout.shareSize());
      TorchFunctions.copy(List.of(own), List.of(share));
      ranks.allGather(flat);
      if (wanted) {
        tensors.place(flat, offsets);
        there = true;
      }
    }
  }

  /** Whether ranks exchange bytes, so that a share is no range of a tensor. */
  boolean isBytes() {
    return content.isBytes();
  }

  /**
   * Puts this rank's part of a tensor into its share.
   *
   * @param name of one of {@link #parameters}
   * @throws IOException if the elements cannot be read
   */
  void put(String name, TensorElements elements) throws IOException {
    List<FlatParameter> parameters = parameters();
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i).name().equals(name)) {
        content.put(i, elements, ranks.rank(), share);
      }
    }
  }

  /** Lets the memory go. */
  void leave() {
    if (there) {
      there = false;
      tensors.displace();
    }
  }

  /** Frees the share; the tensors must be there, or are lost. */
  void close() {
    share.close();
  }
}
