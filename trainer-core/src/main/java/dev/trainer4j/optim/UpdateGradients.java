// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.torch.GradientList;
import java.util.List;

/** What this rank holds of the gradients of an update: all of them, or its share. */
public interface UpdateGradients {

  /**
   * Makes the gradients those of the samples of all ranks. A collective.
   *
   * @param scale the loss scale of this rank; 0 where it had no samples
   * @return the scale that the gradients of all ranks have now
   */
  double synchronize(UpdateRanks ranks, double scale);

  /**
   * Returns the L2 norm of the gradients of the whole model, and the sum of the losses. A collective.
   *
   * @param losses scalars, whose sum is the loss of all ranks
   * @param inverseWeight what the gradients are still to be multiplied by
   */
  GradientList.Measure measure(List<NDArray> losses, double inverseWeight);

  /**
   * Multiplies them by {@code inverseWeight}, and clips them.
   *
   * @param norm that of the whole model
   * @param maxNorm the largest norm, 0 for no clipping
   */
  void clip(double norm, double inverseWeight, double maxNorm);

  /** Makes them those of the next update. */
  void zero();
}
