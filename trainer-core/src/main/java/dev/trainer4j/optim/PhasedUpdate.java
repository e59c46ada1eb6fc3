// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.Gradients;
import dev.trainer4j.torch.UpdateKernel;
import java.util.function.DoubleConsumer;

/** An update in separate phases, for those who want to look on or bring their own step. */
final class PhasedUpdate {

  private final Gradients gradients;

  PhasedUpdate(Gradients gradients) {
    this.gradients = gradients;
  }

  UpdateResult run(UpdateRequest request, UpdateObserver observer, DoubleConsumer step) {
    if (request.weight().value() == 0) {
      return new UpdateResult(0, 0, false);
    }
    UpdateKernel.Outcome clipped = clip(request, true);
    UpdateResult result =
        new UpdateResult(
            clipped.gradientNorm(), clipped.lossSum(), clipped.taken() || !request.skipNonFinite());
    if (!clipped.taken()) {
      observer.notFinite(result);
      if (!result.stepTaken()) {
        gradients.zero();
        return result;
      }
      clip(request, false);
    }
    observer.beforeStep();
    // A step written in plain array operations must not be recorded, and leaves intermediates.
    try (ArrayScope scope = ArrayScope.open();
        Autograd.Recording off = Autograd.record(false)) {
      step.accept(request.rateFactor());
    }
    observer.afterStep();
    gradients.zero();
    return result;
  }

  private UpdateKernel.Outcome clip(UpdateRequest request, boolean guard) {
    return gradients.clip(request.losses(), 1 / request.divisor(), request.maxGradNorm(), guard);
  }
}
