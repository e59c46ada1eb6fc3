// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import dev.trainer4j.torch.FreshGradients;
import org.jspecify.annotations.Nullable;

/**
 * What decides how the passes of a run go.
 *
 * @param model in the precision of the run
 * @param checkpointing whether activations are to be computed again in backward
 * @param usualLoss whether nobody stands between the model's logits, their cross entropy with the first
 *     label, and backward: no hook, loss function or smoothing of the user's
 * @param fresh where gradients go that are used up by one update; null if they add up in the parameters
 */
public record PassConditions(
    TrainableModel model,
    boolean checkpointing,
    boolean usualLoss,
    @Nullable FreshGradients fresh) {

  /** Returns these conditions for another view of the model. */
  PassConditions with(TrainableModel view) {
    return new PassConditions(view, checkpointing, usualLoss, fresh);
  }
}
