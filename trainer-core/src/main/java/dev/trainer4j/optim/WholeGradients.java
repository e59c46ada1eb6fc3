// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.torch.GradientList;
import dev.trainer4j.torch.Gradients;
import java.util.List;

/** Every rank has the gradients of all parameters, in the parameters themselves. */
record WholeGradients(Gradients gradients) implements UpdateGradients {

  @Override
  public double synchronize(UpdateRanks ranks, double scale) {
    return ranks.synchronize(gradients, scale);
  }

  @Override
  public GradientList.Measure measure(List<NDArray> losses, double inverseWeight) {
    return gradients.measure(losses, inverseWeight);
  }

  @Override
  public void clip(double norm, double inverseWeight, double maxNorm) {
    gradients.clip(norm, inverseWeight, maxNorm);
  }

  @Override
  public void zero() {
    gradients.zero();
  }
}
