// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.ArrayList;
import java.util.List;

/**
 * An exponential moving average of arrays, one native call per step.
 *
 * <p>The averages have the arrays' shapes, types and device, and start with their values.
 */
public final class MovingAverage implements AutoCloseable {

  private final Kernels kernels = Kernels.shared();
  private final NDManager owner;
  private final List<NDArray> averages = new ArrayList<>();
  private final IValue valuesList;
  private final IValue averagesList;

  /**
   * Starts an average of {@code values}, of which there must be at least one.
   *
   * @param values stay the caller's and are looked at in each step
   */
  public MovingAverage(List<NDArray> values) {
    owner = values.get(0).getManager().newSubManager();
    owner.setName("moving average");
    for (NDArray value : values) {
      averages.add(ArrayScope.keep(value.duplicate(), owner));
    }
    valuesList = Kernels.list(values);
    averagesList = Kernels.list(averages);
  }

  /** Moves each average by the share {@code weight}, in [0, 1], towards the present value. */
  public void update(double weight) {
    try (IValue weightValue = IValue.from(weight)) {
      kernels.run("average", averagesList, valuesList, weightValue);
    }
  }

  /** Exchanges values and averages; doing it twice leaves every bit as it was. */
  public void swap() {
    kernels.run("swap", averagesList, valuesList);
  }

  /** Returns the averages, in the order of the values. */
  public List<NDArray> averages() {
    return List.copyOf(averages);
  }

  @Override
  public void close() {
    valuesList.close();
    averagesList.close();
    owner.close();
  }
}
