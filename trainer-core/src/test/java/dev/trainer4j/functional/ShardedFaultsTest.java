// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.initializer.NormalInitializer;
import dev.trainer4j.NonFiniteLossException;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.functional.ShardedRuns.Seen;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.Losses;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.InMemoryWorld;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.testing.TinyData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers that are none, half precision, the best model and long runs, of ranks that share the optimizer out. */
@Timeout(300)
class ShardedFaultsTest {

  @TempDir Path folder;

  /** A loss that is no number in one update of rank 1, if there is one. */
  private static ShardedRuns.Setup nanOnRank(ProcessGroup group, int update) {
    int unlucky = group.worldSize() - 1;
    int[] passes = {0};
    return builder ->
        builder.computeLossFunc(
            (outputs, inputs) -> {
              boolean now = group.rank() == unlucky && passes[0]++ == update;
              return Losses.crossEntropy(
                  now ? outputs.logits().mul(Double.NaN) : outputs.logits(), inputs.get("labels"));
            });
  }

  private List<Seen> withNan(int worldSize, int stage, NanPolicy policy) throws Exception {
    return InMemoryWorld.call(
        worldSize,
        group ->
            ShardedRuns.train(
                group,
                ShardedRuns.args(folder, worldSize, stage).nanPolicy(policy).build(),
                ResumeFrom.never(),
                nanOnRank(group, 2)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void anUpdateThatIsNoNumberOnOneRankIsSkippedOnAll(int stage) throws Exception {
    Seen alone = withNan(1, 0, NanPolicy.SKIP).get(0);
    List<Seen> ranks = withNan(2, stage, NanPolicy.SKIP);
    ranks.forEach(rank -> ShardedRuns.assertSameWeights(rank, alone));
    assertThat(alone.weights().get("fc1.bias")).allSatisfy(x -> assertThat(x).isFinite());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void orEndsAllOfThem(int stage) throws Exception {
    List<String> errors =
        InMemoryWorld.call(
            2,
            group -> {
              try {
                Seen seen =
                    ShardedRuns.train(
                        group,
                        ShardedRuns.args(folder, 2, stage).build(),
                        ResumeFrom.never(),
                        nanOnRank(group, 2));
                return "it went on: " + seen;
              } catch (NonFiniteLossException e) {
                return String.valueOf(e.getMessage());
              }
            });
    assertThat(errors).allSatisfy(error -> assertThat(error).startsWith("update 3: the loss of"));
    assertThat(errors.get(0)).contains("another rank");
  }

  @ParameterizedTest
  @CsvSource({"1, true", "2, true", "2, false", "3, true", "3, false"})
  void halfPrecisionHasTheUpdatesOfRanksThatHoldItAll(int stage, boolean fp16) throws Exception {
    List<List<Float>> whole = half(0, fp16);
    List<List<Float>> shared = half(stage, fp16);
    assertThat(shared.get(1)).isEqualTo(shared.get(0));
    for (int i = 0; i < whole.get(0).size(); i++) {
      assertThat(shared.get(0).get(i)).isCloseTo(whole.get(0).get(i), within(1e-5f));
    }
  }

  /** The last batch of an epoch has samples for one rank alone, so ranks have other loss scales. */
  private List<List<Float>> half(int stage, boolean fp16) throws Exception {
    return InMemoryWorld.call(
        2,
        group -> {
          try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            SequentialBlock block =
                new SequentialBlock()
                    .add(Linear.builder().setUnits(8).build())
                    .add(Activation.reluBlock())
                    .add(Linear.builder().setUnits(TinyData.CLASSES).build());
            block.setInitializer(new NormalInitializer(0.3f), Parameter.Type.WEIGHT);
            block.initialize(manager, DataType.FLOAT32, new Shape(1, TinyData.FEATURES));
            BlockModel model = new BlockModel(block, manager, List.of("labels"));
            model
                .state()
                .forEach(
                    (name, array) ->
                        array.set(
                            manager
                                .arange((float) array.size())
                                .mul(0.37f)
                                .sin()
                                .mul(0.4f)
                                .toByteBuffer()));
            TrainingArguments args =
                ShardedRuns.args(folder, 2, stage)
                    .gradientAccumulationSteps(2)
                    .fp16(fp16)
                    .bf16(!fp16)
                    .build();
            try (Trainer trainer =
                Trainer.builder(model, args)
                    .trainDataset(TinyData.points(37, 1))
                    .processGroup(group)
                    .build()) {
              trainer.train();
            }
            List<Float> weights = new ArrayList<>();
            model
                .state()
                .values()
                .forEach(
                    array -> {
                      for (float value : array.toFloatArray()) {
                        weights.add(value);
                      }
                    });
            return weights;
          }
        });
  }

  @Test
  void theBestModelIsLoadedOnAllRanks() throws Exception {
    List<Seen> alone = best(1, 0);
    List<Seen> ranks = best(3, 2);
    ranks.forEach(rank -> ShardedRuns.assertSameWeights(rank, alone.get(0)));
  }

  private List<Seen> best(int worldSize, int stage) throws Exception {
    return ShardedRuns.inWorld(
        folder.resolve("best-" + worldSize),
        worldSize,
        stage,
        args ->
            args.learningRate(0.5) // So large that the last model is not the best.
                .evalStrategy(IntervalStrategy.STEPS)
                .evalSteps(2)
                .saveStrategy(IntervalStrategy.STEPS)
                .saveSteps(2)
                .loadBestModelAtEnd(true));
  }

  @Test
  void arraysAreFlatOverAThousandUpdates() throws Exception {
    List<List<Long>> counts =
        InMemoryWorld.call(
            2,
            group -> {
              List<Long> arrays = new ArrayList<>();
              TrainerCallback meter =
                  new TrainerCallback() {
                    @Override
                    public void onStepEnd(
                        CallbackContext ctx, TrainerState state, TrainerControl control) {
                      if (state.globalStep() % 100 == 0) {
                        group.barrier(); // The other rank is not in the middle of anything.
                        arrays.add(Natives.arrays());
                        group.barrier();
                      }
                    }
                  };
              Seen unused =
                  ShardedRuns.train(
                      group,
                      ShardedRuns.args(folder, 2, 2).maxSteps(1000).loggingSteps(1000).build(),
                      ResumeFrom.never(),
                      meter);
              return arrays;
            });
    assertThat(counts.get(0)).hasSize(10);
    assertThat(counts.get(0).subList(1, 10)).containsOnly(counts.get(0).get(1));
  }
}
