// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.ModelTensorsWriter;
import dev.trainer4j.checkpoint.TensorFiles;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.Values;
import dev.trainer4j.torch.TiedTensors;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A tensor of two names is one parameter, is saved once and comes back under both names. */
class TiedTensorsTest {

  private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");

  @TempDir Path folder;

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray square(float start) {
    return manager.arange(start, start + 36f).div(100f).reshape(6, 6);
  }

  /** x to logits through the same matrix twice. */
  private FunctionModel twice() {
    NDArray matrix = square(0);
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    arrays.put("embed.weight", matrix);
    arrays.put("bias", manager.zeros(new Shape(6)));
    arrays.put("head.weight", matrix);
    return new FunctionModel(arrays, manager, (inputs, training) -> logits(inputs, matrix, arrays));
  }

  private static ModelOutput logits(
      ModelInputs inputs, NDArray matrix, Map<String, NDArray> arrays) {
    NDArray hidden = Activation.tanh(inputs.get("x").matMul(matrix));
    return ModelOutput.logits(hidden.matMul(matrix.transpose()).add(arrays.get("bias")));
  }

  private Trainer trainer(TrainableModel model, String name, int steps, boolean async) {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(folder.resolve(name))
            .maxSteps(steps)
            .perDeviceTrainBatchSize(4)
            .learningRate(0.05)
            .lrSchedulerType(SchedulerType.CONSTANT)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(2)
            .asyncSave(async)
            .build();
    return Trainer.builder(model, args).trainDataset(TinyData.points(22, 1)).build();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isSavedUnderItsFirstNameAndResumesToTheBit(boolean async) throws Exception {
    FunctionModel whole = twice();
    try (Trainer trainer = trainer(whole, "whole", 6, async)) {
      trainer.train();
    }
    try (Trainer trainer = trainer(twice(), "cut", 2, async)) {
      trainer.train();
    }
    try (ModelTensors saved = ModelTensors.open(folder.resolve("cut/checkpoint-2"))) {
      assertThat(saved.names()).containsExactlyInAnyOrder("embed.weight", "bias");
    }
    FunctionModel resumed = twice();
    try (Trainer trainer = trainer(resumed, "cut", 6, async)) {
      trainer.train(ResumeFrom.latest());
    }

    assertThat(Values.of(resumed.state())).isEqualTo(Values.of(whole.state()));
  }

  @Test
  void isOneParameterOfABlockThatIsUsedTwice() throws Exception {
    Linear shared = Linear.builder().setUnits(6).build();
    BlockModel model =
        new BlockModel(
            new SequentialBlock().add(shared).add(Activation::relu).add(shared),
            manager,
            List.of("labels"));
    try (Trainer trainer = trainer(model, "block", 2, false)) {
      trainer.train();
    }

    assertThat(model.state()).hasSize(4);
    assertThat(model.parameters()).hasSize(2);
    try (ModelTensors saved = ModelTensors.open(folder.resolve("block/checkpoint-2"))) {
      assertThat(saved.names())
          .containsExactlyInAnyOrderElementsOf(
              model.parameters().stream().map(NamedParameter::name).toList());
    }
  }

  /** As TorchScript modules hand them out. */
  @Test
  void isFoundBehindTwoArraysOfTheSameMemory() {
    NDArray matrix = square(0);
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    arrays.put("a", matrix);
    arrays.put("equal", matrix.duplicate());
    arrays.put("turned", matrix.transpose());
    arrays.put("b", matrix.reshape(6, 6));

    assertThat(TiedTensors.find(arrays)).containsExactly(Map.entry("b", "a"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"embed.weight", "head.weight"})
  void isLoadedFromWhicheverNameTheFileHas(String kept) throws Exception {
    NDArray values = square(7);
    ModelTensorsWriter.write(folder, Map.of(kept, values), Long.MAX_VALUE);
    NDArray matrix = square(0);
    Map<String, NDArray> targets = new LinkedHashMap<>();
    targets.put("embed.weight", matrix);
    targets.put("head.weight", matrix);
    try (ModelTensors tensors = ModelTensors.open(folder)) {
      TensorFiles.load(tensors, targets, manager, "model");
    }

    assertThat(matrix.toFloatArray()).isEqualTo(values.toFloatArray());
  }
}
