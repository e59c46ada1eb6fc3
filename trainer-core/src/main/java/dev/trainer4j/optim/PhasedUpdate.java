// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.GradientList;
import java.util.function.DoubleConsumer;

/**
 * An update station by station: weight, synchronize, norm, agree, clip, step, zero.
 *
 * <p>It serves ranks that have something to synchronize, callbacks that look on, and optimizers of the
 * user's own. Where there is none of them, a kernel passes the same stations in one call.
 */
public final class PhasedUpdate {

  private final UpdateGradients gradients;

  /** Makes updates from {@code gradients}. */
  public PhasedUpdate(UpdateGradients gradients) {
    this.gradients = gradients;
  }

  /**
   * Passes the stations.
   *
   * @param step takes the step, given the factor of the rates; what it makes is closed after it
   */
  public UpdateResult run(UpdateRequest request, UpdateObserver observer, DoubleConsumer step) {
    UpdateRanks ranks = request.ranks();
    double weight = request.weight().value();
    if (weight == 0) {
      return UpdateResult.nothing();
    }
    double scale = gradients.synchronize(ranks, request.scale());
    double inverse = 1 / (weight * scale);
    GradientList.Measure measure = gradients.measure(request.losses(), inverse);
    double norm = measure.norm();
    double loss = measure.lossSum();
    UpdateResult found = new UpdateResult(norm, loss, true, weight);
    boolean take = found.isFinite() || !request.skipNonFinite();
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
}
