// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** A world of one. */
enum NoSync implements GradientSync {
  INSTANCE;

  @Override
  public boolean isNone() {
    return true;
  }

  @Override
  public double[] sum(double... values) {
    return values;
  }

  @Override
  public double max(double value) {
    return value;
  }

  @Override
  public boolean all(boolean mine) {
    return mine;
  }

  @Override
  public boolean[] any(boolean[] mine) {
    return mine;
  }

  @Override
  public void synchronize(List<NDArray> gradients) {}
}
