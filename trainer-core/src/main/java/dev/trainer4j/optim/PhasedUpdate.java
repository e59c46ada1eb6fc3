// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.Gradients;
import java.util.function.DoubleConsumer;

/**
 * An update station by station: weight, synchronize, norm, agree, clip, step, zero.
 *
 * <p>It serves ranks that have something to synchronize, callbacks that look on, and optimizers of the
 * user's own. Where there is none of them, a kernel passes the same stations in one call.
 */
final class PhasedUpdate {

  private final Gradients gradients;

  PhasedUpdate(Gradients gradients) {
    this.gradients = gradients;
  }

  UpdateResult run(UpdateRequest request, UpdateObserver observer, DoubleConsumer step) {
    UpdateRanks ranks = request.ranks();
    double weight = ranks.sum(request.weight().value())[0];
    if (weight == 0) {
      return UpdateResult.nothing();
    }
    double scale = synchronize(request);
    double inverse = 1 / (weight * scale);
    Gradients.Measure measure = gradients.measure(request.losses(), inverse);
    double loss = ranks.sum(measure.lossSum())[0];
    double norm = ranks.norm(measure.norm());
    UpdateResult found = new UpdateResult(norm, loss, true, weight);
    boolean take = ranks.all(found.isFinite()) || !request.skipNonFinite();
    UpdateResult result = new UpdateResult(norm, loss, take, weight);
    if (!found.isFinite()) {
      observer.notFinite(result);
    }
    if (take) {
      gradients.clip(norm, inverse, request.maxGradNorm());
      observer.beforeStep();
      // A step written in plain array operations must not be recorded, and leaves intermediates.
      try (ArrayScope scope = ArrayScope.open();
          Autograd.Recording off = Autograd.record(false)) {
        step.accept(request.rateFactor());
      }
      observer.afterStep();
    }
    gradients.zero();
    return result;
  }

  /** Sums the gradients of all ranks; returns the loss scale that all of them have then. */
  private double synchronize(UpdateRequest request) {
    UpdateRanks ranks = request.ranks();
    if (ranks.isAlone()) {
      return request.scale();
    }
    // A rank may have had no data in this update, or the scale of another first micro batch.
    gradients.require(ranks.any(gradients.present()));
    double common = ranks.max(request.scale());
    // A rank without data has no scale, and gradients of zero.
    if (request.scale() > 0 && common != request.scale()) {
      gradients.multiply(common / request.scale());
    }
    ranks.synchronize(gradients.arrays());
    return common;
  }
}
