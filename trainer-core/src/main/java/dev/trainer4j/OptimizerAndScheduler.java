// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.schedule.LearningRateScheduler;
import java.util.List;

/**
 * The optimizer and the schedule that a run would begin with, to be looked at: groups, rates, state. No run
 * uses them; closing it frees the optimizer's state.
 *
 * @param optimizer of all parameters that are trainable now
 * @param scheduler factors of the rates
 * @param numTrainingSteps updates that the schedule is made for
 */
public record OptimizerAndScheduler(
    Optimizer optimizer, LearningRateScheduler scheduler, int numTrainingSteps)
    implements AutoCloseable {

  /**
   * Returns the learning rate of each parameter group in an update.
   *
   * @param step the 0-based number of the update
   */
  public List<Double> learningRates(long step) {
    double factor = scheduler.factor(step);
    return optimizer.groups().stream().map(group -> group.learningRate() * factor).toList();
  }

  @Override
  public void close() {
    optimizer.close();
  }
}
