// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.Segment;
import java.util.List;

/** A segment that is one call of a kernel with its weights. */
public final class KernelSegment implements Segment {

  /** The call. */
  @FunctionalInterface
  public interface Call {
    /** Returns what the next segment gets. */
    NDList run(NDList hidden, ForwardPass pass, KernelWeights weights);
  }

  private final String name;
  private final Slots slots;
  private final Weights weights;
  private final Call call;

  private KernelSegment(String name, Slots slots, Weights weights, Call call) {
    this.name = name;
    this.slots = slots;
    this.weights = weights;
    this.call = call;
  }

  /** Makes a segment whose call gets the tensors of {@code slots}, with their adapters. */
  public static Segment of(String name, Slots slots, Weights weights, Call call) {
    return new KernelSegment(name, slots, weights, call);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> parameterNames() {
    return slots.tensorNames(weights);
  }

  @Override
  public NDList forward(NDList hidden, ForwardPass pass) {
    NDManager owner = pass.inputs().get("input_ids").getManager();
    return call.run(hidden, pass, slots.read(weights, pass.training(), owner));
  }

  @Override
  public String toString() {
    return name;
  }
}
