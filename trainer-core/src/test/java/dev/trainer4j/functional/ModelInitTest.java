// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.Values;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A trainer that makes its model itself starts every run from what it makes. */
class ModelInitTest {

  @TempDir Path folder;

  private TrainingArguments args(long seed) {
    return TrainingArguments.builder()
        .outputDir(folder)
        .maxSteps(4)
        .seed(seed)
        .learningRate(0.05)
        .saveStrategy(IntervalStrategy.STEPS)
        .saveSteps(1)
        .build();
  }

  /** Random weights, a frozen scale, a buffer that counts passes, on a manager of its own. */
  private static TrainableModel noisyStart() {
    NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
    NDArray weight = manager.randomNormal(new Shape(TinyData.FEATURES, TinyData.CLASSES));
    NDArray scale = manager.ones(new Shape(1));
    NDArray passes = manager.zeros(new Shape(1));
    return FunctionModel.builder(
            manager,
            (inputs, training) -> {
              if (training) {
                passes.addi(1);
              }
              return ModelOutput.logits(inputs.get("x").matMul(weight).mul(scale));
            })
        .parameters(Map.of("weight", weight))
        .frozen(Map.of("scale", scale))
        .buffers(Map.of("passes", passes))
        .closesManager()
        .build();
  }

  private Trainer trainer(Supplier<TrainableModel> modelInit, long seed) {
    return Trainer.builder(modelInit, args(seed)).trainDataset(TinyData.points(22, 1)).build();
  }

  private static Map<String, List<Double>> weights(Trainer trainer) {
    return Values.of(trainer.model().state());
  }

  @Test
  void soTheSecondRunOfATrainerEqualsTheFirst() {
    long arrays = Natives.arrays();
    try (Trainer trainer = trainer(ModelInitTest::noisyStart, 7)) {
      Map<String, List<Double>> start = weights(trainer);
      trainer.train();
      Map<String, List<Double>> first = weights(trainer);
      assertThat(first).isNotEqualTo(start);
      assertThat(first.get("passes")).containsExactly(4.0);
      assertThat(first.get("scale")).containsExactly(1.0);

      trainer.train();

      assertThat(weights(trainer)).isEqualTo(first);
    }
    assertThat(Natives.arrays()).isEqualTo(arrays);
  }

  @Test
  void soTheSeedDecidesTheFirstWeights() {
    try (Trainer one = trainer(ModelInitTest::noisyStart, 7);
        Trainer same = trainer(ModelInitTest::noisyStart, 7);
        Trainer other = trainer(ModelInitTest::noisyStart, 8)) {
      assertThat(weights(one)).isEqualTo(weights(same)).isNotEqualTo(weights(other));
    }
  }

  @Test
  void soWhatARunHasFrozenIsTrainedAgainInTheNext() {
    try (Trainer trainer = trainer(ModelInitTest::noisyStart, 7)) {
      trainer.model().state().get("scale").setRequiresGradient(true);
      trainer.model().state().get("weight").setRequiresGradient(false);
      assertThat(trainer.numberOfTrainableParameters()).isEqualTo(1);

      trainer.train();

      assertThat(trainer.numberOfTrainableParameters())
          .isEqualTo(TinyData.FEATURES * TinyData.CLASSES);
    }
  }

  @Test
  void aResumedRunHasTheWeightsOfItsCheckpoint() {
    Map<String, List<Double>> whole;
    try (Trainer trainer = trainer(ModelInitTest::noisyStart, 7)) {
      trainer.train();
      whole = weights(trainer);

      trainer.train(ResumeFrom.path(folder.resolve("checkpoint-2")));

      assertThat(weights(trainer)).isEqualTo(whole);
    }
  }

  @Test
  void aBlockThatGetsItsShapesFromTheDataGetsThemOnceAndItsWeightsEachTime() {
    List<NDManager> managers = new ArrayList<>();
    Supplier<TrainableModel> modelInit =
        () -> {
          NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
          managers.add(manager);
          SequentialBlock block = new SequentialBlock();
          block.add(Linear.builder().setUnits(TinyData.CLASSES).build());
          return new BlockModel(block, manager, List.of("labels"));
        };
    try (Trainer trainer = trainer(modelInit, 7)) {
      trainer.train();
      Map<String, List<Double>> first = weights(trainer);

      trainer.train();

      assertThat(weights(trainer)).isEqualTo(first);
      assertThat(managers).hasSize(2);
    }
    managers.forEach(NDManager::close);
  }

  @Test
  void anotherModelTheSameModelAndNoneAreRefused() {
    List<TrainableModel> made = new ArrayList<>();
    Supplier<TrainableModel> always =
        () -> {
          if (made.isEmpty()) {
            made.add(noisyStart());
          }
          return made.get(0);
        };
    try (Trainer trainer = trainer(always, 7)) {
      assertThatThrownBy(trainer::train).hasMessageContaining("the same model again");
    }
    Supplier<TrainableModel> growing =
        () -> {
          NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
          made.add(noisyStart());
          NDArray weight = manager.zeros(new Shape(TinyData.FEATURES, made.size()));
          return FunctionModel.builder(
                  manager, (inputs, training) -> ModelOutput.logits(inputs.get("x").matMul(weight)))
              .parameters(Map.of("weight", weight))
              .closesManager()
              .build();
        };
    try (Trainer trainer = trainer(growing, 7)) {
      assertThatThrownBy(trainer::train)
          .hasMessageContaining("modelInit made another model")
          .hasMessageContaining("weight=(6, 3)")
          .hasMessageContaining("weight=(6, 2)");
    }
    assertThatThrownBy(() -> trainer(() -> null, 7))
        .hasMessageContaining("modelInit returned null");
    made.forEach(TrainableModel::close);
  }

  @Test
  void aModelThatWasMadeForATrainerThatCannotBeBuiltIsClosed() {
    long arrays = Natives.arrays();
    TrainingArguments unfit =
        TrainingArguments.builder().outputDir(folder).gradientCheckpointing(true).build();
    assertThatThrownBy(() -> Trainer.builder(ModelInitTest::noisyStart, unfit).build())
        .hasMessageContaining("gradientCheckpointing");
    assertThat(Natives.arrays()).isEqualTo(arrays);
  }
}
