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
    if (ranks.isAlone()) {
      return scale;
    }
    // A rank may have had no data in this update, or the scale of another first micro batch.
    gradients.require(ranks.any(gradients.present()));
    double common = ranks.max(scale);
    // A rank without data has no scale, and gradients of zero.
    if (scale > 0 && common != scale) {
      gradients.multiply(common / scale);
    }
    ranks.synchronize(gradients.arrays());
    return common;
  }

  @Override
  public GradientList.Measure measure(
      UpdateRanks ranks, List<NDArray> losses, double inverseWeight) {
    GradientList.Measure own = gradients.measure(losses, inverseWeight);
    double loss = ranks.sum(own.lossSum())[0];
    return new GradientList.Measure(ranks.norm(own.norm()), loss);
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
