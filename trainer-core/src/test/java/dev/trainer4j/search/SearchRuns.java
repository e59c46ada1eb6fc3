// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import java.nio.file.Path;
import java.util.Map;

/** Small searches, and the trainers that they train with. */
final class SearchRuns {

  private SearchRuns() {}

  /** Four updates, of which nothing is saved. */
  static TrainingArguments.Builder args(Path folder) {
    return TrainingArguments.builder()
        .outputDir(folder)
        .maxSteps(4)
        .perDeviceTrainBatchSize(8)
        .saveStrategy(IntervalStrategy.NO);
  }

  /** A layer that begins at zero. */
  static TrainableModel linear() {
    return linear(TinyData.CLASSES);
  }

  static TrainableModel linear(int classes) {
    NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
    NDArray weight = manager.zeros(new Shape(TinyData.FEATURES, classes));
    return FunctionModel.builder(
            manager, (inputs, training) -> ModelOutput.logits(inputs.get("x").matMul(weight)))
        .parameters(Map.of("weight", weight))
        .closesManager()
        .build();
  }

  /** A trainer of such a layer. */
  static Trainer.Builder trainer(TrainingArguments args) {
    return Trainer.builder(SearchRuns::linear, args)
        .trainDataset(TinyData.points(40, 1))
        .evalDataset(TinyData.points(30, 2));
  }

  /** Learning rates to choose from. */
  static SearchSpace rates(Object... values) {
    return SearchSpace.builder().choice("learning_rate", values).build();
  }

  /** A search that tries each rate once. */
  static HyperparameterSearchBuilder grid(Path folder, Object... rates) {
    return HyperparameterSearch.builder(args(folder).build(), rates(rates))
        .algorithm(SearchAlgorithm.GRID);
  }

  /** In place of a trainer, where no trial may be trained. */
  static Trainer fail() {
    throw new AssertionError("a trial is trained again");
  }
}
