// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * One update to make from the gradients of one or more backward passes.
 *
 * <p>Losses and weight are those of all ranks, so ranks that have the same gradients find the same norm, and decide alike.
 *
 * @param losses scalars whose sum is the loss of the update
 * @param weight the weight of all the losses; if it is 0, nothing can be learned, and nothing is to be done
 * @param scale the loss scale that the gradients are too large by, 1 for none
 * @param maxGradNorm largest global L2 norm of the gradients, 0 for no clipping
 * @param rateFactor multiplies every group's learning rate
 * @param skipNonFinite whether a loss or norm that is not finite leaves the parameters as they were
 * @param ranks those that make it together
 */
public record UpdateRequest(
    List<NDArray> losses,
    LossWeight weight,
    double scale,
    double maxGradNorm,
    double rateFactor,
    boolean skipNonFinite,
    UpdateRanks ranks) {

  /** Returns the same for gradients that have another scale. */
  UpdateRequest withScale(double scale) {
    return new UpdateRequest(losses, weight, scale, maxGradNorm, rateFactor, skipNonFinite, ranks);
  }
}
