// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.PassLog;
import dev.trainer4j.testing.PhaseWatcher;
import dev.trainer4j.testing.TinyData;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which runs have their layers run as kernels, and which do not: a run that falls back must say so. */
class PassesTest {

  private static final String KERNELS = "kernels of 3 layers";
  private static final String RECORDED = "recorded by autograd";

  @TempDir Path folder;

  private PassLog log;

  @BeforeEach
  void listen() {
    log = new PassLog();
  }

  @AfterEach
  void stopListening() {
    log.close();
  }

  private void train(Supplier<Block> blocks, TrainerCallback... callbacks) {
    train(blocks, args -> {}, builder -> builder.build(), callbacks);
  }

  private void train(
      Supplier<Block> blocks,
      Consumer<TrainingArguments.Builder> change,
      Function<Trainer.Builder, Trainer> trainers,
      TrainerCallback... callbacks) {
    TrainingArguments.Builder args = new LayerRuns(folder).args();
    change.accept(args);
    Block block = blocks.get();
    Trainer.Builder builder =
        Trainer.builder(block, args.build()).trainDataset(TinyData.points(22, 1));
    for (TrainerCallback callback : callbacks) {
      builder.callback(callback);
    }
    try (Trainer trainer = trainers.apply(builder)) {
      trainer.train();
    } finally {
      block.clear();
    }
  }

  @Test
  void layersOfVectorsRunAsKernels() {
    train(LayerRuns::mlp);
    assertThat(log.chosen()).containsExactly(KERNELS);
    assertThat(log.notTaken()).isEmpty();
  }

  @Test
  void aCallbackThatLooksAtUpdatesNeedsGradientsInTheParameters() {
    train(LayerRuns::mlp, new PhaseWatcher());
    assertThat(log.chosen()).containsExactly(RECORDED);
  }

  @Test
  void gradientsOfMicroBatchesAddUpInTheParameters() {
    train(LayerRuns::mlp, args -> args.gradientAccumulationSteps(2), b -> b.build());
    assertThat(log.chosen()).containsExactly(RECORDED);
  }

  private static final class OwnLoss extends Trainer {
    OwnLoss(Builder builder) {
      super(builder);
    }

    @Override
    protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
      return super.computeLoss(model, inputs).asMean();
    }
  }

  private static final class OwnStep extends Trainer {
    OwnStep(Builder builder) {
      super(builder);
    }

    @Override
    protected LossOutput trainingStep(TrainableModel model, ModelInputs inputs) {
      return super.trainingStep(model, inputs);
    }
  }

  @Test
  void aLossOfOnesOwnIsRecorded() {
    train(LayerRuns::mlp, args -> {}, OwnLoss::new);
    assertThat(log.chosen()).containsExactly(RECORDED);
  }

  @Test
  void aStepOfOnesOwnIsRecorded() {
    train(LayerRuns::mlp, args -> {}, OwnStep::new);
    assertThat(log.chosen()).containsExactly(RECORDED);
  }

  @Test
  void smoothedLabelsAreRecorded() {
    train(LayerRuns::mlp, args -> args.labelSmoothingFactor(0.1), b -> b.build());
    assertThat(log.chosen()).containsExactly(RECORDED);
  }

  @Test
  void sixteenBitsAreRecorded() {
    train(LayerRuns::mlp, args -> args.bf16(true), b -> b.build());
    assertThat(log.chosen()).containsExactly(RECORDED);
  }

  @Test
  void aFrozenLayerIsRecorded() {
    train(
        () -> {
          Block first = LayerRuns.linear(7);
          first.freezeParameters(true);
          return new SequentialBlock().add(first).add(LayerRuns.mlp());
        });
    assertThat(log.chosen()).containsExactly(RECORDED);
  }

  @Test
  void aLayerThatIsFrozenForAWhileIsRecordedForThatWhile() {
    TrainerCallback freezer =
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() == 3 || state.globalStep() == 7) {
              ctx.model()
                  .state()
                  .values()
                  .iterator()
                  .next()
                  .setRequiresGradient(state.globalStep() == 7);
            }
          }
        };
    train(LayerRuns::mlp, freezer);
    assertThat(log.chosen()).containsExactly(KERNELS, RECORDED, KERNELS);
  }

  /** Samples of two rows, each with a label. */
  private static List<Map<String, Object>> sequences() {
    return IntStream.range(0, 8)
        .<Map<String, Object>>mapToObj(
            i -> Map.of("x", new float[][] {{i, 1, 2}, {2, i, 1}}, "labels", new long[] {i % 3, 1}))
        .toList();
  }

  @Test
  void matricesAreLeftToAutogradAndTheLogSaysSoOnce() {
    Block block = LayerRuns.mlp();
    DataCollator<Map<String, Object>> collator =
        (samples, manager) -> {
          NDList rows = new NDList();
          NDList labels = new NDList();
          for (Map<String, Object> sample : samples) {
            rows.add(manager.create((float[][]) sample.get("x")));
            labels.add(manager.create((long[]) sample.get("labels")));
          }
          return ModelInputs.of("x", NDArrays.stack(rows)).with("labels", NDArrays.stack(labels));
        };
    try (Trainer trainer =
        Trainer.builder(block, new LayerRuns(folder).args().build())
            .trainDataset(Datasets.of(sequences()))
            .dataCollator(collator)
            .build()) {
      trainer.train();
    } finally {
      block.clear();
    }
    assertThat(log.chosen()).containsExactly(KERNELS);
    assertThat(log.notTaken())
        .singleElement()
        .asString()
        .contains("under autograd, not as kernels of 3 layers")
        .contains("(4, 2, 3)");
  }
}
