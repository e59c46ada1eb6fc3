// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.callback.NonFiniteUpdate;
import dev.trainer4j.optim.UpdateObserver;
import dev.trainer4j.optim.UpdateResult;
import dev.trainer4j.run.TrainingProgress;
import dev.trainer4j.torch.TorchFunctions;

/** Tells callbacks about the stations inside an update. */
final class UpdateEvents implements UpdateObserver {

  private final CallbackDispatcher callbacks;
  private final TrainingProgress progress;
  private final UpdateLosses losses;
  private final NanPolicy policy;

  UpdateEvents(
      CallbackDispatcher callbacks,
      TrainingProgress progress,
      UpdateLosses losses,
      NanPolicy policy) {
    this.callbacks = callbacks;
    this.progress = progress;
    this.losses = losses;
    this.policy = policy;
  }

  @Override
  public boolean isWatching() {
    return callbacks.watchesUpdates();
  }

  @Override
  public boolean looksForCulprits() {
    return callbacks.looksForCulprits();
  }

  @Override
  public void notFinite(UpdateResult found) {
    callbacks.onNonFinite(
        progress.snapshot(),
        new NonFiniteUpdate(
            progress.globalStep() + 1,
            losses.values().stream().map(TorchFunctions::number).toList(),
            found.gradientNorm(),
            policy));
  }

  @Override
  public void beforeStep() {
    callbacks.onPreOptimizerStep(progress.snapshot());
  }

  @Override
  public void afterStep() {
    callbacks.onOptimizerStep(progress.snapshot());
  }
}
