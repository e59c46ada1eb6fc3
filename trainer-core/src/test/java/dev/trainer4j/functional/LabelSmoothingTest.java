// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
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
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
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

  @Test
  void labelsOfTheNextPlaceEndWithOneThatDoesNotCount() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray labels = manager.create(new long[] {1, 2, 3, 4, -100, 6}, new Shape(2, 3));
      assertThat(Losses.nextLabels(labels).toLongArray())
          .containsExactly(2, 3, -100, -100, 6, -100);
    }
  }

  @Test
  void scalarsOfSeveralTypesAreReadAtOnce() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
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
