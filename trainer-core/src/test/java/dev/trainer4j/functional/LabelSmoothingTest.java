// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.core.Linear;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.torch.TorchFunctions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelSmoothingTest {

  @Test
  void aLossOfTheModelsOwnIsNotReplacedByAGuess(@TempDir Path folder) {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      NDArray weight = manager.zeros(new Shape(TinyData.FEATURES, TinyData.CLASSES));
      FunctionModel model =
          new FunctionModel(
              Map.of("weight", weight),
              manager,
              (inputs, training) -> {
                NDArray logits = inputs.get("x").matMul(weight).expandDims(1);
                NDArray labels = inputs.get("labels").expandDims(1);
                return ModelOutput.logits(logits).withLoss(Losses.crossEntropy(logits, labels));
              });
      TrainingArguments args =
          TrainingArguments.builder()
              .outputDir(folder)
              .maxSteps(1)
              .saveStrategy(IntervalStrategy.NO)
              .labelSmoothingFactor(0.1)
              .build();
      try (Trainer trainer =
          Trainer.builder(model, args).trainDataset(TinyData.points(8, 1)).build()) {
        assertThatThrownBy(trainer::train)
            .hasMessageContaining("labelSmoothingFactor is 0.1")
            .hasMessageContaining("FunctionModel")
            .hasMessageContaining("labelLayout");
      }
    }
  }

  /** What the error advises is not refused in turn. */
  @Test
  void labelsThatAreNoClassesAreRefusedWithARemedyThatWorks(@TempDir Path folder) {
    TrainingArguments.Builder args =
        TrainingArguments.builder()
            .outputDir(folder)
            .maxSteps(1)
            .useCpu(true)
            .saveStrategy(IntervalStrategy.NO);
    Dataset<Map<String, Object>> several =
        TinyData.points(8, 1)
            .map(sample -> Map.of("x", sample.get("x"), "labels", new float[] {1, 0, 1}));
    Block block = Linear.builder().setUnits(3).build();
    try (Trainer trainer =
        Trainer.builder(block, args.labelSmoothingFactor(0.1).build())
            .trainDataset(several)
            .build()) {
      assertThatThrownBy(trainer::train)
          .hasMessageContaining("labelSmoothingFactor is 0.1")
          .hasMessageContaining("labels are (8, 3) float32")
          .hasMessageContaining("leave it out, and smooth in computeLossFunc");
      assertThat(trainer.state().globalStep()).isZero();
    }
    try (Trainer trainer =
        Trainer.builder(block, args.labelSmoothingFactor(0).build())
            .trainDataset(several)
            .computeLossFunc(
                (outputs, inputs) ->
                    Losses.meanSquaredError(
                        outputs.logits(), inputs.get("labels").mul(0.9).add(0.05)))
            .build()) {
      assertThat(trainer.train().globalStep()).isEqualTo(1);
    }
  }

  @Test
  void labelsOfTheNextPlaceEndWithOneThatDoesNotCount() {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      NDArray labels = manager.create(new long[] {1, 2, 3, 4, -100, 6}, new Shape(2, 3));
      assertThat(Losses.nextLabels(labels).toLongArray())
          .containsExactly(2, 3, -100, -100, 6, -100);
    }
  }

  @Test
  void scalarsOfSeveralTypesAreReadAtOnce() {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      NDArray half = manager.create(new float[] {0.5f});
      NDArray third = manager.create(1 / 3.0);
      NDArray seven = manager.create(7L);
      assertThat(TorchFunctions.numbers(List.of(seven, half, third)))
          .containsExactly(7, 0.5, 1 / 3.0);
      assertThat(TorchFunctions.numbers(List.of())).isEmpty();
      assertThatThrownBy(() -> TorchFunctions.numbers(List.of(manager.zeros(new Shape(2)))))
          .hasMessageContaining("(2)");
    }
  }
}
