// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.data.DataLoader;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.schedule.LearningRateScheduler;

/**
 * Everything that belongs to one call of {@code train()} and ends with it.
 *
 * @param plan how long the run is
 * @param loader the training data
 * @param optimizer steps and their state
 * @param scheduler learning rates
 * @param progress the counters
 * @param losses the mean losses
 * @param clock where the time goes
 */
record TrainingSession(
    TrainingPlan plan,
    DataLoader loader,
    Optimizer optimizer,
    LearningRateScheduler scheduler,
    TrainingProgress progress,
    LossTracker losses,
    PhaseClock clock)
    implements AutoCloseable {

  @Override
  public void close() {
    optimizer.close();
  }
}
