// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.LogLevel;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * Finds a learning rate by a range test: some updates with a rate that rises exponentially, and a
 * look at what the loss does (L. N. Smith, "Cyclical Learning Rates for Training Neural Networks",
 * 2017, section 3.3, with the exponential rise of fastai's finder).
 *
 * <pre>{@code
 * Trainer.Builder builder = Trainer.builder(model, args).trainDataset(train);
 * LearningRateFinderResult result = LearningRateFinder.builder().build().run(builder);
 * result.suggestion();
 * result.writePng(Path.of("learning-rate.png"));
 * }</pre>
 *
 * <p>The test trains the model itself, then gives every tensor of it back as it was, bit by bit,
 * also if it fails. Optimizer, batch size, accumulation, clipping and seeds are those of the
 * builder's arguments; its callbacks do not take part, and nothing is evaluated or saved. Training
 * afterwards gives what it would have given without the test.
 */
public final class LearningRateFinder {

  private final double startRate;
  private final double endRate;
  private final int updates;
  private final double smoothing;
  private final double divergence;

  private LearningRateFinder(Builder builder) {
    startRate = builder.startRate;
    endRate = builder.endRate;
    updates = builder.updates;
    smoothing = builder.smoothing;
    divergence = builder.divergence;
  }

  /** Starts from the defaults: 100 updates from 1e-7 to 10. */
  public static Builder builder() {
    return new Builder();
  }

  /** Runs the test on what {@code builder} would train. */
  public LearningRateFinderResult run(Trainer.Builder builder) {
    return run(builder, Trainer.Builder::build);
  }

  /**
   * Runs the test with a subclass of {@link Trainer}, which may override every hook but {@code
   * createScheduler}.
   *
   * @param factory its constructor, such as {@code WeightedTrainer::new}
   * @throws IllegalStateException if the trainer overrides {@code createScheduler}
   */
  public LearningRateFinderResult run(
      Trainer.Builder builder, Function<Trainer.Builder, ? extends Trainer> factory) {
    RangeTest test = new RangeTest(this::rate, smoothing, divergence);
    Trainer.Builder copy =
        builder.withArgs(arguments(builder.args())).lrScheduler(steps -> test).callback(test);
    try (ModelSnapshot snapshot = test.snapshot();
        Trainer trainer = factory.apply(copy)) {
      try {
        trainer.train();
      } finally {
        snapshot.restore();
      }
    }
    return test.result();
  }

  /** The base rate is 1, so that the schedule's factor is the rate. */
  private double rate(long step) {
    return startRate * Math.pow(endRate / startRate, (double) step / (updates - 1));
  }

  /** What an update depends on stays; all else that a run does is off. */
  private TrainingArguments arguments(TrainingArguments args) {
    return args.toBuilder()
        .learningRate(1)
        .lrSchedulerType(SchedulerType.CONSTANT)
        .lrSchedulerKwargs(Map.of())
        .warmupSteps(0)
        .maxSteps(updates)
        .maxTrainTime(Optional.empty())
        .nanPolicy(NanPolicy.SKIP)
        .loggingStrategy(IntervalStrategy.STEPS)
        .loggingSteps(1)
        .logLevel(LogLevel.WARNING)
        .reportTo(List.of())
        .evalStrategy(IntervalStrategy.NO)
        .evalSteps(OptionalDouble.empty())
        .evalDelay(0)
        .evalOnStart(false)
        .saveStrategy(IntervalStrategy.NO)
        .saveInterval(Optional.empty())
        .saveTotalLimit(OptionalInt.empty())
        .saveKeepEvery(OptionalInt.empty())
        .saveOnlyModel(false)
        .asyncSave(false)
        .enableJitCheckpoint(false)
        .loadBestModelAtEnd(false)
        .metricForBestModel(Optional.empty())
        .greaterIsBetter(Optional.empty())
        .build();
  }

  /** Settings of a {@link LearningRateFinder}. */
  public static final class Builder {

    private double startRate = 1e-7;
    private double endRate = 10;
    private int updates = 100;
    private double smoothing = 0.9;
    private double divergence = 4;

    private Builder() {}

    /** Sets the rate of the first update, more than 0; by default 1e-7. */
    public Builder startRate(double rate) {
      startRate = rate;
      return this;
    }

    /** Sets the rate of the last update, more than the first; by default 10. */
    public Builder endRate(double rate) {
      endRate = rate;
      return this;
    }

    /** Sets the number of updates, at least 10; by default 100. Small data is read several times. */
    public Builder updates(int updates) {
      this.updates = updates;
      return this;
    }

    /**
     * Sets the share of the past in the moving average of the loss, from 0 (none) to below 1; by
     * default 0.9. A larger share is smoother, but shows falls and rises later, at higher rates.
     */
    public Builder smoothing(double share) {
      smoothing = share;
      return this;
    }

    /**
     * Ends the test when the smoothed loss is this many times the smallest so far; more than 1, by
     * default 4. A loss that is not finite always ends it.
     */
    public Builder divergence(double times) {
      divergence = times;
      return this;
    }

    /**
     * Makes the finder.
     *
     * @throws IllegalArgumentException if a setting is out of its range
     */
    public LearningRateFinder build() {
      require(startRate > 0 && Double.isFinite(startRate), "startRate", startRate, "more than 0");
      require(
          endRate > startRate && Double.isFinite(endRate),
          "endRate",
          endRate,
          "more than startRate, " + startRate);
      require(updates >= 10, "updates", updates, "at least 10");
      require(smoothing >= 0 && smoothing < 1, "smoothing", smoothing, "from 0 to below 1");
      require(divergence > 1, "divergence", divergence, "more than 1");
      return new LearningRateFinder(this);
    }

    private static void require(boolean holds, String name, Number value, String expected) {
      if (!holds) {
        throw new IllegalArgumentException(name + " must be " + expected + ", but is " + value);
      }
    }
  }
}
