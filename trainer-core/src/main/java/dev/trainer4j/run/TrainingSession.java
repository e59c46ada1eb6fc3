// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.schedule.LearningRateScheduler;
import dev.trainer4j.torch.Threads;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that belongs to one call of {@code train()} and ends with it.
 *
 * @param plan how long the run is
 * @param batches the training data
 * @param trained steps and their state, of what is trainable
 * @param scheduler learning rates
 * @param progress the counters
 * @param losses the mean losses
 * @param clock where the time goes
 * @param lossScaler of a run in float16
 * @param threads threads within an operation
 * @param frozenAtStart names of what required no gradients when the run began
 */
public record TrainingSession(
    TrainingPlan plan,
    MicroBatches batches,
    FollowingOptimizer trained,
    LearningRateScheduler scheduler,
    TrainingProgress progress,
    LossTracker losses,
    PhaseClock clock,
    @Nullable LossScaler lossScaler,
    Threads threads,
    List<String> frozenAtStart)
    implements AutoCloseable {

  /** Returns the optimizer as it is now. */
  public Optimizer optimizer() {
    return trained.get();
  }

  /** Returns the learning rate's factor of the next update: skipped ones do not count. */
  public double rateFactor() {
    long skipped = lossScaler == null ? 0 : lossScaler.skippedSteps();
    return scheduler.factor(progress.globalStep() - skipped);
  }

  /** Returns the learning rate of each parameter group for the next update. */
  public List<Double> learningRates() {
    double factor = rateFactor();
    return optimizer().groups().stream().map(group -> group.learningRate() * factor).toList();
  }

  @Override
  public void close() {
    threads.close();
    trained.close();
  }
}
