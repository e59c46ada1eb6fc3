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
    UpdateKernel.Outcome clipped =
        gradients.clip(request.losses(), 1 / request.weight(), request.maxGradNorm());
    UpdateResult result = new UpdateResult(clipped.gradientNorm(), clipped.lossSum(), true);
    if (request.skipNonFinite() && !result.isFinite()) {
      gradients.zero();
      return new UpdateResult(result.gradientNorm(), result.lossSum(), false);
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
}
