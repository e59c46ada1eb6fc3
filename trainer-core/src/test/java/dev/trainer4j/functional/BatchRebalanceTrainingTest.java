// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SamplingStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.PaddingCollator;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.TestDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose updates are cut into micro batches of equal cost still trains each sample once an epoch. */
class BatchRebalanceTrainingTest {

  private static final int SAMPLES = 26;
  private static final int EPOCHS = 2;

  @TempDir Path folder;

  /** Sample {@code i} begins with {@code i}, and is of a length from 1 to 40. */
  private static List<Map<String, Object>> samples() {
    return IntStream.range(0, SAMPLES)
        .<Map<String, Object>>mapToObj(
            i -> {
              long[] ids = new long[1 + (i * 17) % 40];
              ids[0] = i;
              return Map.of("input_ids", ids, "labels", i % 3);
            })
        .toList();
  }

  /** The first ids of every micro batch, update by update. */
  private static final class Witness implements TrainerCallback {
    private final List<List<List<Long>>> updates = new ArrayList<>();

    @Override
    public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      updates.add(new ArrayList<>());
    }

    @Override
    public void onSubstepBegin(
        CallbackContext ctx, TrainerState state, TrainerControl control, ModelInputs inputs) {
      NDArray ids = inputs.get("input_ids");
      long width = ids.getShape().get(1);
      long[] flat = ids.toLongArray();
      updates
          .get(updates.size() - 1)
          .add(
              LongStream.range(0, ids.getShape().get(0))
                  .map(row -> flat[(int) (row * width)])
                  .boxed()
                  .toList());
    }
  }

  @Test
  void eachSampleIsTrainedOnceAnEpoch() {
    Witness witness = new Witness();
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(folder)
            .useCpu(true)
            .numTrainEpochs(EPOCHS)
            .perDeviceTrainBatchSize(4)
            .gradientAccumulationSteps(2)
            .trainSamplingStrategy(SamplingStrategy.BATCH_REBALANCE)
            .saveStrategy(IntervalStrategy.NO)
            .build();
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      NDArray weight = manager.ones(new Shape(1, 3));
      FunctionModel model =
          new FunctionModel(
              Map.of("weight", weight),
              manager,
              (inputs, training) ->
                  ModelOutput.logits(
                      inputs
                          .get("input_ids")
                          .toType(DataType.FLOAT32, false)
                          .mean(new int[] {1}, true)
                          .matMul(weight)));
      try (Trainer trainer =
          Trainer.builder(model, args)
              .trainDataset(Datasets.of(samples()))
              .dataCollator(PaddingCollator.builder().build())
              .callback(witness)
              .build()) {
        assertThat(trainer.train().globalStep()).isEqualTo(4L * EPOCHS);
      }
    }
    List<Long> all = LongStream.range(0, SAMPLES).boxed().toList();
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      List<List<List<Long>>> updates = witness.updates.subList(4 * epoch, 4 * epoch + 4);
      assertThat(updates.stream().flatMap(List::stream).flatMap(List::stream))
          .as("epoch %d", epoch)
          .containsExactlyInAnyOrderElementsOf(all);
      assertThat(updates.subList(0, 3))
          .allSatisfy(
              update -> {
                assertThat(update).hasSize(2);
                assertThat(update.stream().mapToInt(List::size).sum()).isEqualTo(8);
              });
    }
    // It is another cut than that into equal numbers.
    assertThat(witness.updates.stream().flatMap(List::stream))
        .anyMatch(batch -> batch.size() != 4 && batch.size() != 2);
  }
}
