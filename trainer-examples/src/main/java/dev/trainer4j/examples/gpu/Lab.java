// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.torch.TorchEngine;
import dev.trainer4j.torch.TorchFunctions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Where steps run.
 *
 * @param device the one to look at
 * @param folder for files
 */
record Lab(Device device, Path folder) {

  boolean isGpu() {
    return device.isGpu();
  }

  /** What a training showed: the loss of each update, and the weights it ended with. */
  record Run(List<Double> losses, Map<String, float[]> weights) {}

  TrainingArguments.Builder arguments(String name) {
    return TrainingArguments.builder()
        .outputDir(folder.resolve(name))
        .perDeviceTrainBatchSize(8)
        .maxSteps(20)
        .learningRate(1e-2)
        .loggingSteps(1)
        .seed(7)
        .saveStrategy(IntervalStrategy.NO)
        .useCpu(false);
  }

  /** Trains a model that {@code maker} makes on a device, and closes it. */
  Run train(
      Device on,
      Function<NDManager, TrainableModel> maker,
      Dataset<Map<String, ?>> data,
      String name,
      UnaryOperator<TrainingArguments.Builder> changes) {
    try (NDManager manager = TorchEngine.get().newBaseManager(on)) {
      return train(maker.apply(manager), data, changes.apply(arguments(name)).build());
    }
  }

  /** Trains a model, which stays open. */
  static Run train(TrainableModel model, Dataset<Map<String, ?>> data, TrainingArguments args) {
    List<Double> losses = new ArrayList<>();
    TrainerCallback reader =
        new TrainerCallback() {
          @Override
          public void onLog(
              CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry entry) {
            entry.value("loss").ifPresent(losses::add);
          }
        };
    try (Trainer trainer =
        Trainer.builder(model, args).trainDataset(data).callback(reader).build()) {
      trainer.train();
    }
    return new Run(losses, weights(model));
  }

  static Map<String, float[]> weights(TrainableModel model) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    try (NDManager host = TorchEngine.get().newBaseManager(Device.cpu())) {
      model.state().forEach((name, array) -> weights.put(name, values(array, host)));
    }
    return weights;
  }

  static float[] values(NDArray array, NDManager host) {
    return TorchFunctions.toCpu(array, host).toFloatArray();
  }

  /** The largest difference between values of the same name; infinite where one is no number. */
  static double difference(Map<String, float[]> one, Map<String, float[]> other) {
    double largest = 0;
    for (Map.Entry<String, float[]> entry : one.entrySet()) {
      largest =
          Math.max(
              largest,
              difference(entry.getValue(), Objects.requireNonNull(other.get(entry.getKey()))));
    }
    return largest;
  }

  static double difference(float[] one, float[] other) {
    double largest = 0;
    for (int i = 0; i < one.length; i++) {
      double difference = Math.abs((double) one[i] - other[i]);
      largest = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(largest, difference);
    }
    return largest;
  }

  static double difference(List<Double> one, List<Double> other) {
    double largest = one.size() == other.size() ? 0 : Double.POSITIVE_INFINITY;
    for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
      double difference = Math.abs(one.get(i) - other.get(i));
      largest = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(largest, difference);
    }
    return largest;
  }
}
