// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.schedule.LearningRateScheduler;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongToDoubleFunction;

/** One run of a {@link LearningRateFinder}: its schedule, and what it measures. */
final class RangeTest implements TrainerCallback, LearningRateScheduler {

  private final LongToDoubleFunction rate;
  private final double smoothing;
  private final double divergence;
  private final ModelSnapshot snapshot = new ModelSnapshot();
  private final List<LearningRateFinderResult.Point> points = new ArrayList<>();

  private double average;
  private double weight;
  private double smallest = Double.POSITIVE_INFINITY;
  private boolean diverged;

  RangeTest(LongToDoubleFunction rate, double smoothing, double divergence) {
    this.rate = rate;
    this.smoothing = smoothing;
    this.divergence = divergence;
  }

  @Override
  public double factor(long step) {
    return rate.applyAsDouble(step);
  }

  /** Before this, a model may not even have parameters. */
  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (ctx.scheduler().filter(scheduler -> scheduler == this).isEmpty()) {
      throw new IllegalStateException(
          "the learning rate cannot be raised: this trainer overrides createScheduler; run the"
              + " finder with one that does not");
    }
    snapshot.take(ctx.model());
  }

  @Override
  public void onLog(
      CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
    if (logs.value("loss").isEmpty()) {
      return; // the summary
    }
    double loss = logs.value("loss").getAsDouble();
    average = smoothing * average + (1 - smoothing) * loss;
    weight = smoothing * weight + (1 - smoothing);
    double smoothed = average / weight;
    points.add(new LearningRateFinderResult.Point(factor(state.globalStep() - 1), loss, smoothed));
    smallest = Math.min(smallest, smoothed);
    // A loss may be negative, where a multiple of the smallest says nothing.
    if (!Double.isFinite(loss) || (smallest > 0 && smoothed > divergence * smallest)) {
      diverged = true;
      control.requestTrainingStop();
    }
  }

  ModelSnapshot snapshot() {
    return snapshot;
  }

  LearningRateFinderResult result() {
    return new LearningRateFinderResult(points, diverged);
  }
}
