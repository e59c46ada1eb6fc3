// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.StatefulCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.CallbackState;
import dev.trainer4j.state.TrainerState;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends training when {@code metricForBestModel} has not improved for some evaluations in a row.
 *
 * <p>Needs an {@code evalStrategy}, and {@code metricForBestModel} or {@code loadBestModelAtEnd}.
 * Each evaluation is compared with the best one before it. A resumed run goes on counting where the
 * checkpoint left off, and ends at once where it had stopped already.
 *
 * <pre>{@code
 * .callback(new EarlyStoppingCallback(2))
 * .callback(EarlyStoppingCallback.builder(3).relativeMinDelta(0.01).startFrom(2).build())
 * }</pre>
 */
public final class EarlyStoppingCallback implements StatefulCallback {

  private static final Logger LOGGER = LoggerFactory.getLogger(EarlyStoppingCallback.class);
  private static final String PATIENCE = "early_stopping_patience";
  private static final String THRESHOLD = "early_stopping_threshold";
  private static final String COUNTER = "early_stopping_patience_counter";

  private final EarlyStoppingCheck check;
  private final double startFrom;
  private int counter;

  /** Stops after {@code patience} evaluations in a row without any improvement. */
  public EarlyStoppingCallback(int patience) {
    this(patience, 0);
  }

  /**
   * Stops after {@code patience} evaluations in a row without a real improvement.
   *
   * @param patience at least 1
   * @param threshold an improvement must be larger than this, at least 0
   */
  public EarlyStoppingCallback(int patience, double threshold) {
    this(new EarlyStoppingCheck(patience, threshold, false), 0);
  }

  private EarlyStoppingCallback(EarlyStoppingCheck check, double startFrom) {
    this.check = check;
    this.startFrom = startFrom;
  }

  /** Starts a callback of {@code patience} evaluations, at least 1. */
  public static Builder builder(int patience) {
    return new Builder(patience);
  }

  @Override
  public String stateKey() {
    return "EarlyStoppingCallback";
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    TrainingArguments args = ctx.args();
    if (args.evalStrategy() == IntervalStrategy.NO) {
      throw new IllegalArgumentException(
          "early stopping compares evaluations, but evalStrategy is NO; set it to STEPS or EPOCH");
    }
    if (args.metricForBestModel().isEmpty() && !args.loadBestModelAtEnd()) {
      throw new IllegalArgumentException(
          "early stopping does not know which metric to watch; set metricForBestModel, such as"
              + " \"loss\", or loadBestModelAtEnd");
    }
    // A resumed run has got its counter back by now; any other begins to count.
    if (state.globalStep() == 0) {
      counter = 0;
    } else if (check.isExhausted(counter)) {
      // The process ended between the last checkpoint and the end of the run.
      LOGGER.info(
          "The run had stopped early at step {}: {} evaluations without improvement. It ends now; a larger"
              + " patience goes on.",
          state.globalStep(),
          counter);
      control.requestTrainingStop();
    }
  }

  @Override
  public void onEvaluate(
      CallbackContext ctx,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {
    // Evaluations outside training, and of what a callback wants to know, say nothing about its
    // progress.
    if (!control.isServingEvaluation() || state.epoch() < startFrom) {
      return;
    }
    // Of several evaluation sets only one gives the metric. If none does, the trainer says so.
    Double value = metrics.get(metricKey(ctx.args()));
    if (value == null) {
      return;
    }
    counter = check.count(counter, value, state.bestMetric(), ctx.args().resolvedGreaterIsBetter());
    if (check.isExhausted(counter)) {
      control.requestTrainingStop();
    }
  }

  private static String metricKey(TrainingArguments args) {
    String name = args.resolvedMetricForBestModel();
    return name.startsWith("eval_") ? name : "eval_" + name;
  }

  @Override
  public CallbackState state() {
    return new CallbackState(
        Map.of(PATIENCE, check.patience(), THRESHOLD, check.minDelta()), Map.of(COUNTER, counter));
  }

  @Override
  public void restore(CallbackState state) {
    if (!(state.attributes().get(COUNTER) instanceof Number saved)) {
      throw new IllegalArgumentException(
          "the saved state of " + stateKey() + " has no number " + COUNTER + ": " + state);
    }
    counter = saved.intValue();
  }

  /** Settings of an {@link EarlyStoppingCallback}. */
  public static final class Builder {

    private final int patience;
    private double minDelta;
    private boolean relative;
    private double startFrom;

    private Builder(int patience) {
      this.patience = patience;
    }

    /** Asks that an improvement be larger than {@code delta}, at least 0; by default 0. */
    public Builder minDelta(double delta) {
      minDelta = delta;
      relative = false;
      return this;
    }

    /**
     * Asks that an improvement be larger than this share of the best metric so far, such as 0.01 for
     * one percent.
     */
    public Builder relativeMinDelta(double share) {
      minDelta = share;
      relative = true;
      return this;
    }

    /** Leaves evaluations before this epoch out of the count; by default none. */
    public Builder startFrom(double epoch) {
      startFrom = epoch;
      return this;
    }

    /**
     * Makes the callback.
     *
     * @throws IllegalArgumentException if a setting is out of its range
     */
    public EarlyStoppingCallback build() {
      if (!(startFrom >= 0)) {
        throw new IllegalArgumentException(
            "startFrom is an epoch and must be at least 0, but is " + startFrom);
      }
      return new EarlyStoppingCallback(
          new EarlyStoppingCheck(patience, minDelta, relative), startFrom);
    }
  }
}
