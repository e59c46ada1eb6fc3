// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import ai.djl.ndarray.types.DataType;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.parity.EventRecorder;
import dev.trainer4j.parity.EventRecorder.Event;
import dev.trainer4j.state.LogEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One run of {@link TinyModel}: 22 points in micro batches of 4, two an update, so that an epoch is
 * three updates of which the last is smaller; three epochs; dropout.
 */
public final class TestRun {

  public static final int UPDATES_PER_EPOCH = 3;
  public static final int UPDATES = 9;

  private final Path outputDir;
  private final List<Consumer<TrainingArguments.Builder>> changes = new ArrayList<>();
  private final List<Consumer<Trainer.Builder>> builderChanges = new ArrayList<>();
  private final List<TrainerCallback> callbacks = new ArrayList<>();
  private final EventRecorder recorder = new EventRecorder();
  private float dropout = 0.3f;
  private DataType type = DataType.FLOAT32;
  private boolean watched;

  private TestRun(Path outputDir) {
    this.outputDir = outputDir;
  }

  public static TestRun into(Path outputDir) {
    return new TestRun(outputDir);
  }

  public TestRun args(Consumer<TrainingArguments.Builder> change) {
    changes.add(change);
    return this;
  }

  public TestRun callback(TrainerCallback callback) {
    callbacks.add(callback);
    return this;
  }

  /** Changes the trainer's builder. */
  public TestRun builder(Consumer<Trainer.Builder> change) {
    builderChanges.add(change);
    return this;
  }

  /** Records events, which also makes the update run in separate phases. */
  public TestRun watched() {
    watched = true;
    return this;
  }

  /** Without dropout, in float64: what is left of differences is rounding. */
  public TestRun precise() {
    dropout = 0;
    type = DataType.FLOAT64;
    return this;
  }

  public Outcome train() {
    return train(ResumeFrom.never());
  }

  public Outcome train(ResumeFrom from) {
    try (TinyModel model = new TinyModel(1, dropout, type);
        Trainer trainer = trainer(model)) {
      TrainOutput output = null;
      RuntimeException failure = null;
      try {
        output = trainer.train(from);
      } catch (RuntimeException e) {
        failure = e;
      }
      return new Outcome(
          model.weights(), trainer.state().logHistory(), recorder.events, output, failure);
    }
  }

  /** Builds the trainer alone. */
  public Trainer trainer(TinyModel model) {
    TrainingArguments.Builder args =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .numTrainEpochs(3)
            .perDeviceTrainBatchSize(4)
            .gradientAccumulationSteps(2)
            .learningRate(0.05)
            .loggingSteps(2)
            .saveStrategy(IntervalStrategy.NO);
    changes.forEach(change -> change.accept(args));
    Trainer.Builder builder =
        Trainer.builder(model.model(), args.build())
            .trainDataset(TinyData.points(22, 1))
            .evalDataset(TinyData.points(10, 2))
            .computeMetrics(Metrics.accuracy());
    if (watched) {
      builder.callback(recorder);
    }
    callbacks.forEach(builder::callback);
    builderChanges.forEach(change -> change.accept(builder));
    return builder.build();
  }

  /**
   * What a run left behind.
   *
   * @param weights to the bit
   * @param log the whole history
   * @param events if watched
   * @param output null if it failed
   * @param failure null if it did not fail
   */
  public record Outcome(
      Map<String, List<Double>> weights,
      List<LogEntry> log,
      List<Event> events,
      @Nullable TrainOutput output,
      @Nullable RuntimeException failure) {

    /** The history without what the clock says. */
    public List<LogEntry> timelessLog() {
      return log.stream()
          .map(
              line -> {
                Map<String, Double> values = new LinkedHashMap<>(line.values());
                values
                    .keySet()
                    .removeIf(key -> key.endsWith("_runtime") || key.endsWith("_per_second"));
                return new LogEntry(line.step(), values);
              })
          .toList();
    }

    /** The output of a run that must not have failed. */
    public TrainOutput result() {
      if (output == null) {
        throw new AssertionError("the run failed", failure);
      }
      return output;
    }
  }
}
