// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.model.PassConditions;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.model.TrainingPass;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.sharding.ParallelStrategy;
import dev.trainer4j.torch.FreshGradients;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses how the passes of a run go: once, and again only if something that it rests on has changed, such
 * as a parameter that was frozen or a callback that began to look on.
 */
final class PassChoice implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PassChoice.class);

  private final TrainableModel model;
  private final boolean checkpointing;
  private final boolean usualLoss;
  private final boolean ownSteps;
  private final ParallelStrategy strategy;
  private final CallbackDispatcher callbacks;
  private final TrainingSession session;
  private @Nullable TrainingPass pass;
  private @Nullable Basis basis;

  /** What may change while a run goes on. */
  private record Basis(Optimizer optimizer, boolean alone) {}

  /**
   * Prepares a choice.
   *
   * @param model in the precision of training
   * @param usualLoss whether nobody stands between the model's logits and backward
   * @param ownSteps whether training steps are a user's own, which may look for gradients in the parameters
   * @param strategy knows where ranks want them
   */
  PassChoice(
      TrainableModel model,
      boolean checkpointing,
      boolean usualLoss,
      boolean ownSteps,
      ParallelStrategy strategy,
      CallbackDispatcher callbacks,
      TrainingSession session) {
    this.model = model;
    this.checkpointing = checkpointing;
    this.usualLoss = usualLoss;
    this.ownSteps = ownSteps;
    this.strategy = strategy;
    this.callbacks = callbacks;
    this.session = session;
  }

  /** Returns the pass for the next update. */
  TrainingPass pass() {
    boolean alone =
        session.batches().perUpdate() == 1
            && !callbacks.watchesUpdates()
            && !ownSteps
            && !checkpointing;
    Basis now = new Basis(session.optimizer(), alone);
    TrainingPass known = pass;
    if (known != null && now.equals(basis)) {
      return known;
    }
    close();
    FreshGradients fresh = strategy.takesFresh(alone) ? session.optimizer().freshGradients() : null;
    TrainingPass chosen = strategy.pass(new PassConditions(model, checkpointing, usualLoss, fresh));
    LOG.debug("Passes are {}", chosen);
    pass = chosen;
    basis = now;
    return chosen;
  }

  /** Drops the gradients that an update has left which failed in its middle. */
  void dropGradients() {
    strategy.dropGradients(model);
  }

  @Override
  public void close() {
    if (pass != null) {
      pass.close();
      pass = null;
    }
  }
}
