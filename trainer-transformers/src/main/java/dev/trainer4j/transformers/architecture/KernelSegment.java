// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.Segment;
import java.util.List;

/** A segment that is one call of a kernel with its weights. */
public final class KernelSegment implements Segment {

  /** The call. */
  @FunctionalInterface
  public interface Call {
    /** Returns what the next segment gets. */
    NDList run(NDList hidden, ForwardPass pass, List<NDArray> weights);
  }

  private final String name;
  private final List<String> parameterNames;
  private final Weights weights;
  private final Call call;

  private KernelSegment(String name, List<String> parameterNames, Weights weights, Call call) {
    this.name = name;
    this.parameterNames = parameterNames;
    this.weights = weights;
    this.call = call;
  }

  /** Makes a segment whose call gets the tensors of {@code parameterNames} in their order. */
  public static Segment of(String name, List<String> parameterNames, Weights weights, Call call) {
    return new KernelSegment(name, List.copyOf(parameterNames), weights, call);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> parameterNames() {
    return parameterNames;
  }

  @Override
  public NDList forward(NDList hidden, ForwardPass pass) {
    return call.run(hidden, pass, weights.all(parameterNames));
  }

  @Override
  public String toString() {
    return name;
  }
}
