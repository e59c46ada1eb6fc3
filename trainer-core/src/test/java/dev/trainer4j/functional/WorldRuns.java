// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.testing.InMemoryWorld;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import dev.trainer4j.testing.Values;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Runs of the same tiny model in worlds of several ranks, which are threads. */
final class WorldRuns {

  private static final int GLOBAL_BATCH = 6;

  /** The last batch of an epoch has two samples: fewer than the ranks of a world of three. */
  static final int SAMPLES = 20;

  private WorldRuns() {}

  /** What one rank saw. */
  record Seen(
      TrainOutput output,
      List<LogEntry> log,
      Map<String, List<Double>> weights,
      Map<String, Double> evaluation,
      List<Float> predictions) {}

  static TrainingArguments.Builder args(Path out, int worldSize) {
    return TrainingArguments.builder()
        .outputDir(out)
        .numTrainEpochs(3)
        .perDeviceTrainBatchSize(GLOBAL_BATCH / worldSize)
        .perDeviceEvalBatchSize(GLOBAL_BATCH / worldSize)
        .learningRate(0.05)
        .weightDecay(0.1)
        .maxGradNorm(0.5)
        .lrSchedulerType(SchedulerType.CONSTANT)
        .loggingSteps(1)
        .evalStrategy(IntervalStrategy.EPOCH)
        .saveStrategy(IntervalStrategy.NO)
        .useCpu(true);
  }

  static Seen train(
      ProcessGroup group, TrainingArguments args, ResumeFrom from, TrainerCallback... callbacks) {
    // Only rank 0 has the weights that count.
    try (TinyModel tiny = new TinyModel(1 + group.rank(), 0)) {
      Trainer.Builder builder =
          Trainer.builder(tiny.model(), args)
              .trainDataset(TinyData.points(SAMPLES, 1))
              .evalDataset(TinyData.points(11, 2))
              .computeMetrics(Metrics.accuracy())
              .processGroup(group);
      List.of(callbacks).forEach(builder::callback);
      try (Trainer trainer = builder.build()) {
        TrainOutput output = trainer.train(from);
        Map<String, Double> evaluation = trainer.evaluate().metrics();
        List<Float> predictions = new ArrayList<>();
        try (var predicted = trainer.predict(TinyData.points(11, 2))) {
          for (float value : predicted.predictions().toFloatArray()) {
            predictions.add(value);
          }
        }
        return new Seen(
            output,
            trainer.state().logHistory(),
            Values.of(tiny.model().state()),
            evaluation,
            predictions);
      }
    }
  }

  static List<Seen> inWorld(Path folder, int worldSize, Consumer<TrainingArguments.Builder> further)
      throws Exception {
    Path out = Files.createDirectories(folder.resolve("world-" + worldSize));
    return InMemoryWorld.call(
        worldSize,
        group -> {
          TrainingArguments.Builder args = args(out, worldSize);
          further.accept(args);
          return train(group, args.build(), ResumeFrom.latestIfAny());
        });
  }

  static void assertSame(Seen actual, Seen expected, double precision) {
    assertThat(actual.output.globalStep()).isEqualTo(expected.output.globalStep());
    assertThat(actual.log).hasSameSizeAs(expected.log);
    for (int i = 0; i < actual.log.size(); i++) {
      Map<String, Double> line = withoutSpeed(actual.log.get(i).values());
      Map<String, Double> other = withoutSpeed(expected.log.get(i).values());
      assertThat(line.keySet()).isEqualTo(other.keySet());
      line.forEach(
          (name, value) ->
              assertThat(value).as(name).isCloseTo(other.get(name), within(precision)));
    }
    actual.weights.forEach(
        (name, values) -> {
          for (int i = 0; i < values.size(); i++) {
            assertThat(values.get(i))
                .isCloseTo(expected.weights.get(name).get(i), within(precision));
          }
        });
    withoutSpeed(actual.evaluation)
        .forEach(
            (name, value) ->
                assertThat(value).isCloseTo(expected.evaluation.get(name), within(precision)));
    assertThat(actual.predictions).hasSameSizeAs(expected.predictions);
    for (int i = 0; i < actual.predictions.size(); i++) {
      assertThat((double) actual.predictions.get(i))
          .isCloseTo(expected.predictions.get(i), within(precision));
    }
  }

  private static Map<String, Double> withoutSpeed(Map<String, Double> values) {
    Map<String, Double> rest = new LinkedHashMap<>(values);
    rest.keySet().removeIf(name -> name.endsWith("_runtime") || name.endsWith("_per_second"));
    return rest;
  }
}
