// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Hands a block copies of its parameters in 16 bits.
 *
 * <p>DJL's layers cast nothing, so all of a block computes in that type. What a batch norm reads stays
 * float32, as libtorch wants it beside inputs of 16 bits.
 */
final class BlockPrecision extends ParameterStore {

  private final ParameterStore masters;
  private final NDManager manager;
  private final Map<String, NDArray> copies = new HashMap<>();

  /** Casts the parameters of {@code block}, within autograd if that is recording. */
  BlockPrecision(Block block, ParameterStore masters, NDManager manager, HalfType type) {
    super(manager, false);
    this.masters = masters;
    this.manager = manager;
    List<Parameter> cast = new ArrayList<>();
    collect(block, cast);
    List<NDArray> arrays =
        TorchFunctions.toHalf(cast.stream().map(Parameter::getArray).toList(), type);
    for (int i = 0; i < arrays.size(); i++) {
      copies.put(cast.get(i).getId(), arrays.get(i));
    }
  }

  private static void collect(Block block, List<Parameter> cast) {
    for (Parameter parameter : block.getDirectParameters().values()) {
      boolean weight =
          parameter.getType() == Parameter.Type.WEIGHT
              || parameter.getType() == Parameter.Type.BIAS;
      if (weight || block instanceof LayerNorm) {
        cast.add(parameter);
      }
    }
    for (Pair<String, Block> child : block.getChildren()) {
      collect(child.getValue(), cast);
    }
  }

  /** Frees what owns the copies; for one that has a manager of its own. */
  void close() {
    manager.close();
  }

  /** The copies, for an owner that is to outlive the pass. */
  Iterable<NDArray> copies() {
    return copies.values();
  }

  @Override
  public NDArray getValue(Parameter parameter, Device device, boolean training) {
    NDArray copy = copies.get(parameter.getId());
    return copy == null ? masters.getValue(parameter, device, training) : copy;
  }
}
