// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.EvaluationWeights;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.InMemoryWorld;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import dev.trainer4j.testing.Values;
import dev.trainer4j.torch.Seeds;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranks of which none holds the model whole, against one process. */
@Timeout(300)
class SharedParametersTest {

  private static final int GLOBAL_BATCH = 12;

  /** The last batch of an epoch has two samples: fewer than some worlds have ranks. */
  private static final int SAMPLES = 38;

  @TempDir Path folder;

  /** What one rank saw. */
  private record Seen(
      List<Double> losses,
      List<Double> norms,
      List<Double> evaluations,
      Map<String, List<Double>> weights) {}

  /** A model and who owns its arrays. */
  private record Owned(TrainableModel model, NDManager manager) implements AutoCloseable {

    /** Without segments, in float64. */
    static Owned function(int seed) {
      TinyModel tiny = new TinyModel(seed, 0, DataType.FLOAT64);
      return new Owned(tiny.model(), tiny.manager());
    }

    /** A chain of five children, in float32. */
    static Owned chain(int seed) {
      NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
      SequentialBlock block =
          new SequentialBlock()
              .add(Linear.builder().setUnits(7).build())
              .add(Activation::tanh)
              .add(LayerNorm.builder().build())
              .add(Linear.builder().setUnits(11).build())
              .add(Activation::tanh)
              .add(Linear.builder().setUnits(TinyData.CLASSES).optBias(false).build());
      Seeds.with(
          seed,
          () -> {
            block.initialize(manager, DataType.FLOAT32, new Shape(1, TinyData.FEATURES));
            return block;
          });
      return new Owned(new BlockModel(block, manager, List.of("labels")), manager);
    }

    static Owned of(String kind, int seed) {
      return kind.equals("chain") ? chain(seed) : function(seed);
    }

    @Override
    public void close() {
      manager.close();
    }
  }

  private TrainingArguments.Builder args(int worldSize, int stage) {
    return TrainingArguments.builder()
        .outputDir(folder.resolve("out"))
        .numTrainEpochs(3)
        .perDeviceTrainBatchSize(GLOBAL_BATCH / worldSize)
        .perDeviceEvalBatchSize(5)
        .learningRate(0.05)
        .weightDecay(0.1)
        .maxGradNorm(0.5)
        .lrSchedulerType(SchedulerType.LINEAR)
        .loggingSteps(1)
        .evalStrategy(IntervalStrategy.EPOCH)
        .saveStrategy(IntervalStrategy.NO)
        .useCpu(true)
        .deepspeed(Map.of("zero_optimization", Map.of("stage", stage)));
  }

  private static Seen train(
      String kind,
      ProcessGroup group,
      TrainingArguments args,
      ResumeFrom from,
      TrainerCallback... callbacks) {
    // Only rank 0 has the weights that count.
    try (Owned owned = Owned.of(kind, 1 + group.rank())) {
      List<LogEntry> log;
      try (Trainer trainer =
          Trainer.builder(owned.model, args)
              .trainDataset(TinyData.points(SAMPLES, 1))
              .evalDataset(TinyData.points(17, 2))
              .processGroup(group)
              .build()) {
        List.of(callbacks).forEach(trainer::addCallback);
        trainer.train(from);
        log = trainer.state().logHistory();
      }
      return new Seen(
          values(log, "loss"),
          values(log, "grad_norm"),
          values(log, "eval_loss"),
          Values.of(owned.model.state()));
    }
  }

  private static List<Double> values(List<LogEntry> log, String name) {
    return log.stream().flatMap(line -> line.value(name).stream().boxed()).toList();
  }

  private List<Seen> inWorld(
      String kind, int worldSize, int stage, Consumer<TrainingArguments.Builder> further)
      throws Exception {
    return InMemoryWorld.call(
        worldSize,
        group -> {
          TrainingArguments.Builder args = args(worldSize, stage);
          further.accept(args);
          return train(kind, group, args.build(), ResumeFrom.latestIfAny());
        });
  }

  private static void assertSame(Seen actual, Seen expected, double tolerance) {
    assertClose("loss", actual.losses, expected.losses, tolerance);
    assertClose("norm", actual.norms, expected.norms, tolerance);
    assertClose("evaluation", actual.evaluations, expected.evaluations, tolerance);
    assertThat(actual.weights.keySet()).isEqualTo(expected.weights.keySet());
    actual.weights.forEach(
        (name, values) -> assertClose(name, values, expected.weights.get(name), tolerance));
  }

  private static void assertClose(
      String what, List<Double> actual, List<Double> expected, double tolerance) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i))
          .as(what)
          .isCloseTo(expected.get(i), within(tolerance * Math.max(1, Math.abs(expected.get(i)))));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "function, 2, 1", "function, 3, 1", "function, 4, 1", "function, 3, 2",
    "chain, 2, 1", "chain, 3, 1", "chain, 4, 1", "chain, 2, 2",
  })
  void ranksLearnWhatOneProcessLearns(String kind, int worldSize, int accumulation)
      throws Exception {
    double tolerance = kind.equals("chain") ? 1e-6 : 1e-11;
    Seen alone = inWorld(kind, 1, 0, args -> args.gradientAccumulationSteps(accumulation)).get(0);
    List<Seen> ranks =
        inWorld(kind, worldSize, 3, args -> args.gradientAccumulationSteps(accumulation));

    assertThat(alone.losses).hasSizeGreaterThan(5);
    assertThat(alone.evaluations).hasSize(3);
    ranks.forEach(rank -> assertSame(rank, alone, tolerance));
    ranks.forEach(rank -> assertThat(rank.weights).isEqualTo(ranks.get(0).weights));
  }

  /** Gradients of a run in shares have no memory of their own when it is over. */
  @Test
  void aModelThatWasSharedOutIsTrainedAloneAfterwards() throws Exception {
    TrainingArguments two = args(2, 3).maxSteps(2).build();
    InMemoryWorld.run(
        2,
        group -> {
          try (Owned owned = Owned.chain(1)) {
            for (ProcessGroup now : List.of(group, ProcessGroup.single())) {
              try (Trainer trainer =
                  Trainer.builder(owned.model, now == group ? two : args(1, 0).maxSteps(2).build())
                      .trainDataset(TinyData.points(SAMPLES, 1))
                      .evalDataset(TinyData.points(17, 2))
                      .processGroup(now)
                      .build()) {
                assertThat(trainer.train(ResumeFrom.never()).globalStep()).isEqualTo(2);
              }
            }
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"chain", "function"})
  void weightsForEvaluationsAreExchangedInShares(String kind) throws Exception {
    Consumer<TrainingArguments.Builder> scheduleFree =
        args ->
            args.optim(OptimizerName.SCHEDULE_FREE_ADAMW)
                .lrSchedulerType(SchedulerType.CONSTANT)
                .evalStrategy(IntervalStrategy.STEPS)
                .evalSteps(3);
    Seen alone = inWorld(kind, 1, 0, scheduleFree).get(0);
    List<Seen> ranks =
        inWorld(
            kind,
            3,
            3,
            scheduleFree.andThen(args -> args.saveStrategy(IntervalStrategy.STEPS).saveSteps(3)));
    ranks.forEach(rank -> assertSame(rank, alone, kind.equals("chain") ? 1e-6 : 1e-11));
  }

  /** Between updates: freezes two layers, and releases them some updates later. */
  @ParameterizedTest
  @ValueSource(strings = {"chain", "function"})
  void sharesOfStateFollowParametersThatAreFrozenAndReleased(String kind) throws Exception {
    Seen alone = frozenOnTheWay(kind, 1, 0).get(0);
    frozenOnTheWay(kind, 3, 3)
        .forEach(rank -> assertSame(rank, alone, kind.equals("chain") ? 1e-6 : 1e-11));
  }

  private List<Seen> frozenOnTheWay(String kind, int worldSize, int stage) throws Exception {
    return InMemoryWorld.call(
        worldSize,
        group ->
            train(
                kind,
                group,
                args(worldSize, stage).build(),
                ResumeFrom.never(),
                onStepEnd(
                    (ctx, state) -> {
                      boolean trained = state.globalStep() != 2 && state.globalStep() != 3;
                      List<NamedParameter> parameters = ctx.model().parameters();
                      if (state.globalStep() == 2) {
                        parameters.get(0).array().setRequiresGradient(false);
                        parameters.get(1).array().setRequiresGradient(false);
                      }
                      if (trained) {
                        ctx.model().state().values().stream()
                            .filter(array -> array.getDataType().isFloating())
                            .forEach(array -> array.setRequiresGradient(true));
                      }
                    })));
  }

  /** {@code FULL} in Hugging Face's files, {@code SHARDED} in pieces. */
  @ParameterizedTest
  @CsvSource({"4, 2, FULL", "2, 3, FULL", "4, 2, SHARDED", "2, 3, SHARDED", "3, 1, SHARDED"})
  void aRunGoesOnWithAnotherNumberOfRanks(int before, int after, String form) throws Exception {
    Consumer<TrainingArguments.Builder> constant =
        args ->
            args.lrSchedulerType(SchedulerType.CONSTANT); // Else it depends on where a run ends.
    Seen whole = inWorld("chain", 1, 0, constant).get(0);
    Consumer<TrainingArguments.Builder> saving =
        args ->
            args.lrSchedulerType(SchedulerType.CONSTANT)
                .saveStrategy(IntervalStrategy.STEPS)
                .saveSteps(5)
                .deepspeed(Map.of())
                .fsdp(List.of("full_shard"))
                .fsdpConfig(Map.of("state_dict_type", form + "_STATE_DICT"));
    inWorld("chain", before, 3, saving.andThen(args -> args.maxSteps(5)));
    assertThat(folder.resolve("out/checkpoint-5/model.safetensors").toFile().exists())
        .isEqualTo(form.equals("FULL"));
    List<Seen> ranks = inWorld("chain", after, 3, saving);
    ranks.forEach(
        rank -> {
          assertThat(rank.losses).hasSize(whole.losses.size());
          assertSame(rank, whole, 1e-6);
        });
  }

  @Test
  void theBestModelIsLoadedAndSavedWholeByAllRanks() throws Exception {
    Path saved = folder.resolve("saved");
    List<Double> losses =
        InMemoryWorld.call(
            3,
            group -> {
              TrainingArguments args =
                  args(3, 3)
                      .learningRate(0.5) // So that later models are worse.
                      .saveStrategy(IntervalStrategy.EPOCH)
                      .loadBestModelAtEnd(true)
                      .build();
              try (Owned owned = Owned.of("chain", 1);
                  Trainer trainer =
                      Trainer.builder(owned.model, args)
                          .trainDataset(TinyData.points(SAMPLES, 1))
                          .evalDataset(TinyData.points(17, 2))
                          .processGroup(group)
                          .build()) {
                trainer.train();
                trainer.saveModel(saved);
                double best =
                    values(trainer.state().logHistory(), "eval_loss").stream()
                        .mapToDouble(Double::doubleValue)
                        .min()
                        .orElseThrow();
                assertThat(trainer.evaluate().metrics().get("eval_loss"))
                    .isCloseTo(best, within(1e-6));
                return best;
              }
            });
    try (Owned alone = Owned.of("chain", 9)) {
      new CheckpointFiles(saved).readModel(alone.model);
      try (Trainer trainer =
          Trainer.builder(alone.model, args(1, 0).build())
              .trainDataset(TinyData.points(SAMPLES, 1))
              .evalDataset(TinyData.points(17, 2))
              .build()) {
        assertThat(trainer.evaluate().metrics().get("eval_loss"))
            .isCloseTo(losses.get(0), within(1e-6));
      }
    }
  }

  /** Two machines of two ranks, each with a whole copy. */
  @ParameterizedTest
  @CsvSource({"chain, hybrid_shard", "function, hybrid_shard", "function, hybrid_shard_zero2"})
  void machinesThatHoldTheSameLearnWhatOneProcessLearns(String kind, String strategy)
      throws Exception {
    Seen alone = inWorld(kind, 1, 0, args -> {}).get(0);
    List<Seen> ranks =
        InMemoryWorld.callOnNodes(
            2,
            2,
            group ->
                train(
                    kind,
                    group,
                    args(4, 0).deepspeed(Map.of()).fsdp(List.of(strategy)).build(),
                    ResumeFrom.never()));
    ranks.forEach(rank -> assertSame(rank, alone, kind.equals("chain") ? 1e-6 : 1e-11));
    ranks.forEach(rank -> assertThat(rank.weights).isEqualTo(ranks.get(0).weights));
  }

  /** As it does for a signal: ranks agree, save together, and end. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aRunThatIsAskedToStopOnOneRankSavesAndGoesOn(int stage) throws Exception {
    Seen whole = inWorld("chain", 2, stage, args -> {}).get(0);
    InMemoryWorld.run(
        2,
        group -> {
          try (Owned owned = Owned.of("chain", 1 + group.rank());
              Trainer trainer =
                  Trainer.builder(
                          owned.model, args(2, stage).saveStrategy(IntervalStrategy.EPOCH).build())
                      .trainDataset(TinyData.points(SAMPLES, 1))
                      .evalDataset(TinyData.points(17, 2))
                      .processGroup(group)
                      .build()) {
            trainer.addCallback(
                onStepEnd(
                    (ctx, state) -> {
                      if (group.rank() == 1 && state.globalStep() == 4) {
                        trainer.requestStop();
                      }
                    }));
            assertThat(trainer.train().globalStep()).isEqualTo(4);
          }
        });
    assertThat(folder.resolve("out/checkpoint-4")).isDirectory();
    inWorld("chain", 2, stage, args -> {}).forEach(rank -> assertSame(rank, whole, 1e-6));
  }

  private static TrainerCallback onStepEnd(BiConsumer<CallbackContext, TrainerState> work) {
    return new TrainerCallback() {
      @Override
      public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
        work.accept(ctx, state);
      }
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"chain", "function"})
  void aCallbackThatRunsTheModelByItselfIsToldThatNoRankHasItWhole(String kind) {
    assertThatThrownBy(
            () ->
                InMemoryWorld.run(
                    2,
                    group ->
                        train(
                            kind,
                            group,
                            args(2, 3).build(),
                            ResumeFrom.never(),
                            onStepEnd(
                                (ctx, state) -> {
                                  try (NDManager manager = ctx.model().manager().newSubManager()) {
                                    ctx.model()
                                        .forward(
                                            ModelInputs.of(
                                                Map.of(
                                                    "x",
                                                    manager.ones(new Shape(2, TinyData.FEATURES)))),
                                            false);
                                  }
                                }))))
        .rootCause()
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll("is shared out among ranks", "evaluate or predict");
  }

  /** A callback with weights of its own, as {@code EmaCallback} is. */
  private static final class OwnWeights implements EvaluationWeights {
    @Override
    public void lend(CallbackContext ctx) {}

    @Override
    public void giveBack(CallbackContext ctx) {}
  }

  @Test
  void whatCannotBeTogetherIsRefusedByNameBeforeTheFirstUpdate() {
    assertThatThrownBy(
            () ->
                InMemoryWorld.run(
                    2,
                    group ->
                        train(
                            "chain",
                            group,
                            args(2, 0)
                                .deepspeed(Map.of())
                                .fsdp(List.of("full_shard"))
                                .fsdpConfig(Map.of("cpu_ram_efficient_loading", true))
                                .saveOnEachNode(true)
                                .autoFindBatchSize(true)
                                .build(),
                            ResumeFrom.never(),
                            new OwnWeights(),
                            onStepEnd((ctx, state) -> fail("an update was made")))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(
            "saveOnEachNode",
            "autoFindBatchSize",
            "cpu_ram_efficient_loading: every rank had the whole model",
            "callbacks: ",
            "EmaCallback");
  }
}
