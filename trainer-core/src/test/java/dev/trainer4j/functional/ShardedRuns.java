// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.DataType;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.testing.InMemoryWorld;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Runs of the same tiny model of float64 in worlds of any size, of which each rank shares out what is asked for. */
final class ShardedRuns {

  static final int GLOBAL_BATCH = 12;

  /** The last batch of an epoch has two samples: fewer than some worlds have ranks. */
  private static final int SAMPLES = 38;

  private ShardedRuns() {}

  /** What one rank saw. */
  record Seen(List<Double> losses, List<Double> norms, Map<String, List<Double>> weights) {}

  /** A run of {@code stage}, in buckets that are so small that there are several. */
  static TrainingArguments.Builder args(Path out, int worldSize, int stage) {
    return TrainingArguments.builder()
        .outputDir(out)
        .numTrainEpochs(3)
        .perDeviceTrainBatchSize(GLOBAL_BATCH / worldSize)
        .learningRate(0.05)
        .weightDecay(0.1)
        .maxGradNorm(0.5)
        .lrSchedulerType(SchedulerType.LINEAR)
        .loggingSteps(1)
        .saveStrategy(IntervalStrategy.NO)
        .useCpu(true)
        .deepspeed(stage(stage, Map.of()));
  }

  /** DeepSpeed's configuration of a stage. */
  static Map<String, Object> stage(int stage, Map<String, Object> further) {
    Map<String, Object> zero = new HashMap<>(further);
    zero.put("stage", stage);
    zero.put("reduce_bucket_size", 40);
    return Map.of("zero_optimization", zero);
  }

  /** What a test does with a builder before the trainer is built. */
  interface Setup extends Consumer<Trainer.Builder> {}

  static Seen train(
      ProcessGroup group, TrainingArguments args, ResumeFrom from, TrainerCallback... callbacks) {
    return train(
        group,
        args,
        from,
        builder -> {
          for (TrainerCallback callback : callbacks) {
            builder.callback(callback);
          }
        });
  }

  static Seen train(ProcessGroup group, TrainingArguments args, ResumeFrom from, Setup setup) {
    // Only rank 0 has the weights that count.
    try (TinyModel tiny = new TinyModel(1 + group.rank(), 0, DataType.FLOAT64)) {
      Trainer.Builder builder =
          Trainer.builder(tiny.model(), args)
              .trainDataset(TinyData.points(SAMPLES, 1))
              .evalDataset(TinyData.points(11, 2))
              .processGroup(group);
      setup.accept(builder);
      try (Trainer trainer = builder.build()) {
        trainer.train(from);
        List<LogEntry> log = trainer.state().logHistory();
        return new Seen(values(log, "loss"), values(log, "grad_norm"), tiny.weights());
      }
    }
  }

  private static List<Double> values(List<LogEntry> log, String name) {
    return log.stream().flatMap(line -> line.value(name).stream().boxed()).toList();
  }

  /** Trains in a world from nothing. */
  static List<Seen> inWorld(
      Path out, int worldSize, int stage, Consumer<TrainingArguments.Builder> further)
      throws Exception {
    return InMemoryWorld.call(
        worldSize,
        group -> {
          TrainingArguments.Builder args = args(out, worldSize, stage);
          further.accept(args);
          return train(group, args.build(), ResumeFrom.never());
        });
  }

  static void assertSame(List<Seen> ranks, Seen expected) {
    ranks.forEach(rank -> assertSame(rank, expected));
    ranks.forEach(rank -> assertThat(rank.weights).isEqualTo(ranks.get(0).weights));
  }

  static void assertSame(Seen actual, Seen expected) {
    assertClose("loss", actual.losses, expected.losses);
    assertClose("norm", actual.norms, expected.norms);
    assertSameWeights(actual, expected);
  }

  static void assertSameWeights(Seen actual, Seen expected) {
    assertThat(actual.weights.keySet()).isEqualTo(expected.weights.keySet());
    actual.weights.forEach((name, values) -> assertClose(name, values, expected.weights.get(name)));
  }

  private static void assertClose(String what, List<Double> actual, List<Double> expected) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      double size = Math.max(1, Math.abs(expected.get(i)));
      assertThat(actual.get(i)).as(what).isCloseTo(expected.get(i), within(1e-12 * size));
    }
  }
}
