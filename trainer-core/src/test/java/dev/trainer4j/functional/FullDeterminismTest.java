// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import dev.trainer4j.torch.ScriptKernels;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FullDeterminismTest {

  /** put_ without accumulation has no deterministic kernel, on a CPU either. */
  private static final String PUT =
      """
      class Put(Module):
        __parameters__ = []
        __buffers__ = []
        training : bool

        def put(self: __torch__.Put, x: Tensor, places: Tensor) -> Tensor:
          return torch.put(x, places, torch.ones_like(x), False)
      """;

  private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
  private final ScriptKernels kernels = ScriptKernels.compile("Put", PUT);

  @TempDir Path folder;

  @AfterEach
  void close() {
    kernels.close();
    manager.close();
  }

  private TrainingArguments args(boolean fullDeterminism) {
    return TrainingArguments.builder()
        .outputDir(folder)
        .maxSteps(3)
        .fullDeterminism(fullDeterminism)
        .saveStrategy(IntervalStrategy.NO)
        .build();
  }

  private void trainWithPut(boolean fullDeterminism) {
    NDArray weight = manager.ones(new ai.djl.ndarray.types.Shape(3));
    NDArray places = manager.create(new long[] {0, 1, 1});
    FunctionModel model =
        new FunctionModel(
            Map.of("w", weight),
            manager,
            (inputs, training) -> {
              NDList put = kernels.call("put", weight, places);
              NDArray loss = put.head().mul(0f).add(weight).sum();
              return ModelOutput.of(Map.of()).withLoss(LossOutput.of(loss, 1));
            });
    try (Trainer trainer =
        Trainer.builder(model, args(fullDeterminism))
            .trainDataset(TinyData.points(20, 1))
            .build()) {
      trainer.train();
    }
  }

  @Test
  void anOperatorWithoutADeterministicKernelIsRefusedByName() {
    assertThatThrownBy(() -> trainWithPut(true))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("fullDeterminism")
        .hasMessageContaining("put_")
        .hasMessageContaining("leave fullDeterminism out");
  }

  @Test
  void theProcessIsAsItWasWhenTheTrainerHasClosed() {
    assertThatThrownBy(() -> trainWithPut(true)).isInstanceOf(IllegalStateException.class);
    assertThatCode(() -> trainWithPut(false)).doesNotThrowAnyException();
  }

  @Test
  void twoRunsAreEqualToTheBit() {
    assertThat(weights()).isEqualTo(weights());
  }

  private Map<String, List<Double>> weights() {
    try (TinyModel tiny = new TinyModel(1, 0.3f);
        Trainer trainer =
            Trainer.builder(tiny.model(), args(true))
                .trainDataset(TinyData.points(20, 1))
                .build()) {
      trainer.train();
      return tiny.weights();
    }
  }
}
