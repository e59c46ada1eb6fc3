// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.DataType;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.testing.InMemoryWorld;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ranks that share the optimizer out, against one process and against ranks that hold it all. */
@Timeout(300)
class ShardedTrainingTest {

  private static final int GLOBAL_BATCH = 12;

  /** The last batch of an epoch has two samples: fewer than some worlds have ranks. */
  private static final int SAMPLES = 38;

  @TempDir Path folder;

  /** What one rank saw. */
  private record Seen(List<Double> losses, List<Double> norms, Map<String, List<Double>> weights) {}

  private TrainingArguments.Builder args(int worldSize, int stage) {
    return TrainingArguments.builder()
        .outputDir(folder.resolve("out"))
        .numTrainEpochs(3)
        .perDeviceTrainBatchSize(GLOBAL_BATCH / worldSize)
        .learningRate(0.05)
        .weightDecay(0.1)
        .maxGradNorm(0.5)
        .lrSchedulerType(SchedulerType.LINEAR)
        .loggingSteps(1)
        .saveStrategy(IntervalStrategy.NO)
        .useCpu(true)
        // So small that there are several buckets.
        .deepspeed(
            Map.of("zero_optimization", Map.of("stage", stage, "reduce_bucket_size", 40)));
  }

  private static Seen train(ProcessGroup group, TrainingArguments args, ResumeFrom from) {
    // Only rank 0 has the weights that count.
    try (TinyModel tiny = new TinyModel(1 + group.rank(), 0, DataType.FLOAT64);
        Trainer trainer =
            Trainer.builder(tiny.model(), args)
                .trainDataset(TinyData.points(SAMPLES, 1))
                .processGroup(group)
                .build()) {
      trainer.train(from);
      List<LogEntry> log = trainer.state().logHistory();
      return new Seen(values(log, "loss"), values(log, "grad_norm"), tiny.weights());
    }
  }

  private static List<Double> values(List<LogEntry> log, String name) {
    return log.stream().flatMap(line -> line.value(name).stream().boxed()).toList();
  }

  private List<Seen> inWorld(int worldSize, int stage, Consumer<TrainingArguments.Builder> further)
      throws Exception {
    return InMemoryWorld.call(
        worldSize,
        group -> {
          TrainingArguments.Builder args = args(worldSize, stage);
          further.accept(args);
          return train(group, args.build(), ResumeFrom.latestIfAny());
        });
  }

  private static void assertSame(Seen actual, Seen expected) {
    assertClose("loss", actual.losses, expected.losses);
    assertClose("norm", actual.norms, expected.norms);
    assertThat(actual.weights.keySet()).isEqualTo(expected.weights.keySet());
    actual.weights.forEach((name, values) -> assertClose(name, values, expected.weights.get(name)));
  }

  private static void assertClose(String what, List<Double> actual, List<Double> expected) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i))
          .as(what)
          .isCloseTo(expected.get(i), within(1e-11 * Math.max(1, Math.abs(expected.get(i)))));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1", "2, 1, 1", "3, 1, 1", "4, 1, 1", "2, 1, 2", "3, 1, 2", "1, 2, 1", "2, 2, 1",
    "3, 2, 1", "4, 2, 1", "2, 2, 2", "3, 2, 2", "2, 0, 1",
  })
  void ranksThatShareLearnWhatOneProcessLearns(int worldSize, int stage, int accumulation)
      throws Exception {
    Seen alone = inWorld(1, 0, args -> args.gradientAccumulationSteps(accumulation)).get(0);
    List<Seen> ranks =
        inWorld(worldSize, stage, args -> args.gradientAccumulationSteps(accumulation));

    assertThat(alone.losses).hasSizeGreaterThan(5);
    ranks.forEach(rank -> assertSame(rank, alone));
    ranks.forEach(rank -> assertThat(rank.weights).isEqualTo(ranks.get(0).weights));
  }
}
