// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.StopReason;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.DdpBackend;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.model.Losses;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.ForwardingGroup;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The loop, evaluation and saving in worlds of several ranks, which are threads here, against one process. */
@Timeout(300)
class WorldTrainingTest {

  private static final int GLOBAL_BATCH = 6;

  /** The last batch of an epoch has two samples: fewer than the ranks of a world of three. */
  private static final int SAMPLES = 20;

  @TempDir Path folder;

  /** What one rank saw. */
  private record Seen(
      TrainOutput output,
      List<LogEntry> log,
      Map<String, List<Double>> weights,
      Map<String, Double> evaluation,
      List<Float> predictions) {}

  @Test
  void aTrainerKnowsBeforeItsFirstRunWhetherItsProcessIsTheFirst() throws Exception {
    List<Boolean> first =
        InMemoryWorld.call(
            2,
            group -> {
              try (TinyModel tiny = new TinyModel(1, 0);
                  Trainer trainer =
                      Trainer.builder(tiny.model(), args(folder, 2).build())
                          .trainDataset(TinyData.points(SAMPLES, 1))
                          .evalDataset(TinyData.points(11, 2))
                          .processGroup(group)
                          .build()) {
                return trainer.state().isWorldProcessZero();
              }
            });

    assertThat(first).containsExactly(true, false);
  }

  private TrainingArguments.Builder args(Path out, int worldSize) {
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

  private static Seen train(
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

  private List<Seen> inWorld(int worldSize, Consumer<TrainingArguments.Builder> further)
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

  private static void assertSame(Seen actual, Seen expected, double precision) {
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

  @ParameterizedTest
  @CsvSource({"2, 1", "3, 1", "6, 1", "2, 2", "3, 2"})
  void severalRanksLearnWhatOneProcessLearnsOfTheSameBatches(int worldSize, int accumulation)
      throws Exception {
    Seen alone = inWorld(1, args -> args.gradientAccumulationSteps(accumulation)).get(0);
    List<Seen> ranks = inWorld(worldSize, args -> args.gradientAccumulationSteps(accumulation));

    assertThat(ranks).hasSize(worldSize);
    ranks.forEach(rank -> assertSame(rank, alone, 1e-5));
    ranks.forEach(rank -> assertThat(rank.weights).isEqualTo(ranks.get(0).weights));
    assertThat(alone.predictions).hasSize(11 * TinyData.CLASSES);
  }

  /** In the last update of an epoch two of three ranks have no sample, and so no part of a loss. */
  @Test
  void namedPartsOfALossAreThoseOfAllRanks() throws Exception {
    List<Double> alone = parts(ProcessGroup.single(), 1);
    List<List<Double>> ranks = InMemoryWorld.call(3, group -> parts(group, 3));

    assertThat(alone).hasSize(12);
    for (List<Double> rank : ranks) {
      assertThat(rank).hasSize(12);
      for (int i = 0; i < 12; i++) {
        assertThat(rank.get(i)).isCloseTo(alone.get(i), within(1e-5));
      }
    }
  }

  private List<Double> parts(ProcessGroup group, int worldSize) {
    try (TinyModel tiny = new TinyModel(1, 0);
        Trainer trainer =
            Trainer.builder(tiny.model(), args(folder.resolve("parts"), worldSize).build())
                .trainDataset(TinyData.points(SAMPLES, 1))
                .evalDataset(TinyData.points(11, 2))
                .computeLossFunc(
                    (outputs, inputs) ->
                        Losses.crossEntropy(outputs.logits(), inputs.get("labels"))
                            .part("size", outputs.logits().square().sum()))
                .processGroup(group)
                .build()) {
      trainer.train();
      return trainer.state().logHistory().stream()
          .flatMap(line -> line.value("size").stream().boxed())
          .toList();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aRunOfTwoRanksGoesOnWithAnotherNumberOfThem(int resumedSize) throws Exception {
    Path out = folder.resolve("moved");
    InMemoryWorld.run(
        2,
        group ->
            train(
                group,
                args(out, 2).maxSteps(5).saveStrategy(IntervalStrategy.STEPS).saveSteps(5).build(),
                ResumeFrom.never()));
    List<Seen> resumed =
        InMemoryWorld.call(
            resumedSize,
            group ->
                train(
                    group,
                    args(out, resumedSize).maxSteps(9).build(),
                    ResumeFrom.path(out.resolve("checkpoint-5"))));
    Seen alone = inWorld(1, args -> args.maxSteps(9)).get(0);

    resumed.forEach(
        rank ->
            rank.weights.forEach(
                (name, values) -> {
                  for (int i = 0; i < values.size(); i++) {
                    assertThat(values.get(i))
                        .isCloseTo(alone.weights.get(name).get(i), within(1e-5));
                  }
                }));
  }

  /** Asks on one rank alone. */
  private static final class StopOn implements TrainerCallback {
    private final boolean here;

    StopOn(boolean here) {
      this.here = here;
    }

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (here && state.globalStep() == 3) {
        control.requestTrainingStop();
      }
    }
  }

  @Test
  void whatACallbackOfOneRankAsksForAllRanksDo() throws Exception {
    List<Seen> ranks =
        InMemoryWorld.call(
            2,
            group ->
                train(
                    group,
                    args(folder, 2).build(),
                    ResumeFrom.never(),
                    new StopOn(group.rank() == 1)));

    assertThat(ranks)
        .allSatisfy(
            rank -> {
              assertThat(rank.output.globalStep()).isEqualTo(3);
              assertThat(rank.output.stopReason()).isEqualTo(StopReason.CALLBACK);
            });
  }

  @Test
  void ranksWithOtherArgumentsAreToldSoBeforeTheFirstUpdate() {
    assertThatThrownBy(
            () ->
                InMemoryWorld.run(
                    2,
                    group ->
                        train(
                            group,
                            args(folder, 2).learningRate(0.1 + group.rank()).build(),
                            ResumeFrom.never())))
        .hasStackTraceContaining(
            "the training arguments are not the same on all ranks: learning_rate is 0.1 on rank 0, and 1.1"
                + " on rank 1. Give all ranks the same.");
  }

  @Test
  void onlyTheMainRankWritesAndASaveThatFailsEndsAllRanks() throws Exception {
    Path out = folder.resolve("failing");
    List<Throwable> errors =
        InMemoryWorld.call(
            2,
            group -> {
              try {
                train(
                    group,
                    args(out, 2).saveStrategy(IntervalStrategy.STEPS).saveSteps(2).build(),
                    ResumeFrom.never(),
                    new Blocking(group.isMain(), out));
                return new AssertionError("it was saved");
              } catch (RuntimeException e) {
                return e;
              }
            });
    assertThat(errors.get(0)).hasStackTraceContaining("checkpoint-4");
    assertThat(errors.get(1))
        .hasMessageContaining("rank 0: Cannot save")
        .hasMessageContaining("checkpoint-4");
    assertThat(out.resolve("checkpoint-2")).isDirectory();
  }

  @Test
  void anotherBackendThanThatOfTheProcessesIsRefused() {
    assertThatThrownBy(
            () ->
                InMemoryWorld.run(
                    2,
                    group ->
                        train(
                            group,
                            args(folder, 2).ddpBackend(DdpBackend.NCCL).build(),
                            ResumeFrom.never())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "ddpBackend is nccl, but the model is on cpu(), and tensors there go through threads: leave"
                + " ddpBackend out, or train on another device");
  }

  /** Puts a file where the second checkpoint is to be. */
  private static final class Blocking implements TrainerCallback {
    private final boolean here;
    private final Path out;

    Blocking(boolean here, Path out) {
      this.here = here;
      this.out = out;
    }

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (here && state.globalStep() == 3) {
        try {
          Files.writeString(out.resolve("checkpoint-4"), "in the way");
        } catch (java.io.IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      }
    }
  }

  /** One question whether the run is to end, and one what callbacks ask for. */
  @Test
  void ranksAskTwiceAfterAnUpdateThatNothingFollows() throws Exception {
    List<List<Integer>> asked =
        InMemoryWorld.call(
            2,
            group -> {
              CountingGroup counting = new CountingGroup(group);
              List<Integer> between = new ArrayList<>();
              TrainerCallback counts =
                  new TrainerCallback() {
                    @Override
                    public void onStepEnd(
                        CallbackContext ctx, TrainerState state, TrainerControl control) {
                      counting.gathered = 0;
                    }

                    @Override
                    public void onStepBegin(
                        CallbackContext ctx, TrainerState state, TrainerControl control) {
                      if (state.globalStep() > 0) {
                        between.add(counting.gathered);
                      }
                    }
                  };
              TrainingArguments args =
                  args(folder.resolve("asked"), 2)
                      .maxSteps(4)
                      .loggingSteps(100)
                      .evalStrategy(IntervalStrategy.NO)
                      .build();
              train(counting, args, ResumeFrom.never(), counts);
              return between;
            });
    assertThat(asked).containsExactly(List.of(2, 2, 2), List.of(2, 2, 2));
  }

  /** Counts what ranks tell each other in bytes. */
  private static final class CountingGroup implements ForwardingGroup {
    private final ProcessGroup group;
    private int gathered;

    CountingGroup(ProcessGroup group) {
      this.group = group;
    }

    @Override
    public ProcessGroup group() {
      return group;
    }

    @Override
    public List<byte[]> allGather(byte[] bytes) {
      gathered++;
      return group.allGather(bytes);
    }
  }
}
