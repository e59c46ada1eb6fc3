// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.functional.ShardedRuns.Seen;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.Optimizers;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.InMemoryWorld;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranks that share the optimizer out, against one process and against ranks that hold it all. */
@Timeout(300)
class ShardedTrainingTest {

  @TempDir Path folder;

  private List<Seen> inWorld(int worldSize, int stage, Consumer<TrainingArguments.Builder> further)
      throws Exception {
    return ShardedRuns.inWorld(folder.resolve("out"), worldSize, stage, further);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1", "2, 1, 1", "3, 1, 1", "4, 1, 1", "2, 1, 2", "3, 1, 2", "1, 2, 1", "2, 2, 1",
    "3, 2, 1", "4, 2, 1", "2, 2, 2", "3, 2, 2", "2, 0, 1",
  })
  void ranksThatShareLearnWhatOneProcessLearns(int worldSize, int stage, int accumulation)
      throws Exception {
    Consumer<TrainingArguments.Builder> further =
        args -> args.gradientAccumulationSteps(accumulation);
    Seen alone = inWorld(1, 0, further).get(0);
    assertThat(alone.losses()).hasSizeGreaterThan(5);
    ShardedRuns.assertSame(inWorld(worldSize, stage, further), alone);
  }

  @ParameterizedTest
  @EnumSource(
      value = OptimizerName.class,
      names = {"ADAM", "SGD", "ADAGRAD", "RMSPROP", "LION_32BIT", "ADEMAMIX"})
  void everyElementWiseOptimizerIsSharedOut(OptimizerName optim) throws Exception {
    Consumer<TrainingArguments.Builder> further =
        args -> {
          args.optim(optim).learningRate(0.01).numTrainEpochs(2);
          if (optim == OptimizerName.SGD) {
            args.optimArgs(Map.of("momentum", "0.9", "dampening", "0.1"));
          }
        };
    ShardedRuns.assertSame(inWorld(3, 1, further), inWorld(1, 0, further).get(0));
  }

  @ParameterizedTest
  @CsvSource({
    "ADAFACTOR, rows and columns",
    "STABLE_ADAMW, the mean of all its gradients",
    "ADAMW_8BIT, blocks",
  })
  void anOptimizerThatNeedsWholeParametersIsRefusedOnAllRanks(OptimizerName optim, String why) {
    List<String> messages = Collections.synchronizedList(new ArrayList<>());
    assertThatThrownBy(
            () ->
                InMemoryWorld.run(
                    4,
                    group -> {
                      try {
                        ShardedRuns.train(
                            group,
                            ShardedRuns.args(folder, 4, 2).optim(optim).build(),
                            ResumeFrom.never());
                      } catch (IllegalArgumentException e) {
                        messages.add(e.getMessage());
                        throw e;
                      }
                    }))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(messages)
        .hasSize(4)
        .allSatisfy(message -> assertThat(message).contains(why, "choose another optim"));
  }

  /** Keeps what the optimizers of a run hold. */
  private static final class Weighing {
    private final List<Optimizer> made = new ArrayList<>();

    long bytes() {
      return made.stream()
          .flatMap(optimizer -> optimizer.state().values().stream())
          .filter(array -> array.getShape().dimension() > 0)
          .mapToLong(array -> array.size() * array.getDataType().getNumOfBytes())
          .sum();
    }
  }

  /** Of 12 x 6 + 12 + 3 x 12 + 3 = 123 numbers, two moments of 8 bytes each. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aRankHoldsAShareOfTheOptimizersState(int stage) throws Exception {
    List<Long> bytes =
        InMemoryWorld.call(
            4,
            group -> {
              Weighing weighing = new Weighing();
              List<Long> seen = new ArrayList<>();
              ShardedRuns.train(
                  group,
                  ShardedRuns.args(folder, 4, stage).maxSteps(2).build(),
                  ResumeFrom.never(),
                  builder -> {
                    builder.optimizer(
                        groups -> {
                          Optimizer adam = Optimizers.adamW(groups, 0.9, 0.999, 1e-8, false);
                          weighing.made.add(adam);
                          return adam;
                        });
                    builder.callback(
                        new TrainerCallback() {
                          @Override
                          public void onStepEnd(
                              CallbackContext ctx, TrainerState state, TrainerControl control) {
                            seen.add(weighing.bytes());
                          }
                        });
                  });
              return seen.get(0);
            });
    assertThat(bytes.stream().mapToLong(Long::longValue).sum()).isEqualTo(123 * 2 * 8);
    assertThat(bytes).allSatisfy(own -> assertThat(own).isLessThanOrEqualTo((123 / 4 + 3) * 16L));
  }

  /** Freezes and releases a layer on the way. */
  private static final class Freezing implements TrainerCallback {

    @Override
    public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() == 2) {
        ctx.model().state().get("fc2.weight").setRequiresGradient(false);
      }
    }

    /** In the middle of an update, whose first gradients are there already. */
    @Override
    public void onSubstepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() == 3) {
        ctx.model().state().get("fc1.weight").setRequiresGradient(false);
      }
      if (state.globalStep() == 4) {
        ctx.model().state().values().forEach(tensor -> tensor.setRequiresGradient(true));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void stateMovesAmongRanksWhenParametersAreFrozenAndReleased(int stage) throws Exception {
    ShardedRuns.assertSame(frozenOnTheWay(3, stage), frozenOnTheWay(1, 0).get(0));
  }

  private List<Seen> frozenOnTheWay(int worldSize, int stage) throws Exception {
    return InMemoryWorld.call(
        worldSize,
        group ->
            ShardedRuns.train(
                group,
                ShardedRuns.args(folder, worldSize, stage)
                    .numTrainEpochs(4)
                    .gradientAccumulationSteps(2)
                    .build(),
                ResumeFrom.never(),
                new Freezing()));
  }

  @ParameterizedTest
  @CsvSource({
    "SCHEDULE_FREE_ADAMW, 1",
    "SCHEDULE_FREE_ADAMW, 2",
    "SCHEDULE_FREE_SGD, 1",
  })
  void weightsForEvaluationsAreExchangedOnAllRanks(OptimizerName optim, int stage)
      throws Exception {
    Consumer<TrainingArguments.Builder> further =
        args ->
            args.optim(optim)
                .lrSchedulerType(SchedulerType.CONSTANT)
                .evalStrategy(IntervalStrategy.STEPS)
                .evalSteps(3)
                .saveStrategy(IntervalStrategy.STEPS)
                .saveSteps(3);
    ShardedRuns.assertSame(inWorld(3, stage, further), inWorld(1, 0, further).get(0));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void whatCannotBeTogetherIsRefusedByNameBeforeTheFirstUpdate(int stage) {
    assertThatThrownBy(
            () ->
                inWorld(
                    2,
                    stage,
                    args ->
                        args.autoFindBatchSize(stage < 3) // DeepSpeed's keys refuse it for 3.
                            .saveStrategy(IntervalStrategy.STEPS)
                            .asyncSave(true)
                            .saveOnEachNode(true)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("asyncSave", "saveOnEachNode")
        .satisfies(
            e -> assertThat(e.getMessage().contains("autoFindBatchSize")).isEqualTo(stage == 2));
  }

  /** What it does with gradients, nobody knows. */
  private static final class OwnSteps extends Trainer {
    private int calls;

    OwnSteps(Trainer.Builder builder) {
      super(builder);
    }

    @Override
    protected LossOutput trainingStep(TrainableModel model, ModelInputs inputs) {
      calls++;
      return super.trainingStep(model, inputs);
    }
  }

  private List<Integer> callsOfOwnSteps(int stage) throws Exception {
    return InMemoryWorld.call(
        2,
        group -> {
          TrainingArguments args = ShardedRuns.args(folder, 2, stage).maxSteps(2).build();
          try (TinyModel tiny = new TinyModel(1, 0);
              OwnSteps trainer =
                  new OwnSteps(
                      Trainer.builder(tiny.model(), args)
                          .trainDataset(TinyData.points(24, 1))
                          .processGroup(group))) {
            trainer.train();
            return trainer.calls;
          }
        });
  }

  @Test
  void aTrainingStepOfOnesOwnNeedsWholeGradients() throws Exception {
    assertThat(callsOfOwnSteps(1)).containsExactly(2, 2);
    for (int stage = 2; stage <= 3; stage++) {
      int sharing = stage;
      assertThatThrownBy(() -> callsOfOwnSteps(sharing))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("trainingStep: ");
    }
  }

  @Test
  void aWorldOfOneTrainsAsWithoutSharding() throws Exception {
    Seen plain = inWorld(1, 0, args -> {}).get(0);
    assertThat(inWorld(1, 2, args -> {}).get(0)).isEqualTo(plain);
  }
}
