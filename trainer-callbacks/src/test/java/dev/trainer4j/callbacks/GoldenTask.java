// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Activation;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.SamplingStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The tiny model and the data of a run of Hugging Face's Trainer whose figures are known. */
final class GoldenTask implements AutoCloseable {

  private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();

  GoldenTask() throws IOException {
    try (SafetensorsFile init = SafetensorsFile.open(file("init.safetensors"))) {
      for (String name : List.of("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")) {
        parameters.put(name, init.read(name, manager));
      }
    }
  }

  /** The arguments of the golden run; it has 9 updates in an epoch. */
  static TrainingArguments.Builder args(Path outputDir) {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .perDeviceTrainBatchSize(8)
        .perDeviceEvalBatchSize(8)
        .learningRate(0.2)
        .loggingSteps(1)
        .seed(42)
        .trainSamplingStrategy(SamplingStrategy.SEQUENTIAL)
        .numTrainEpochs(30);
  }

  Trainer.Builder trainer(TrainingArguments args) throws IOException {
    FunctionModel model = new FunctionModel(parameters, manager, (inputs, training) -> run(inputs));
    return Trainer.builder(model, args)
        .trainDataset(data("train"))
        .evalDataset(data("eval"))
        .computeMetrics(Metrics.accuracy());
  }

  private ModelOutput run(ModelInputs inputs) {
    NDArray logits = linear(Activation.relu(linear(inputs.get("x"), "fc1")), "fc2");
    // Hugging Face averages the means of the batches.
    return ModelOutput.logits(logits)
        .withLoss(Losses.crossEntropy(logits, inputs.get("labels")).asMean());
  }

  private NDArray linear(NDArray x, String name) {
    NDArray weight = Objects.requireNonNull(parameters.get(name + ".weight"));
    NDArray bias = Objects.requireNonNull(parameters.get(name + ".bias"));
    return x.matMul(weight.transpose()).add(bias);
  }

  Dataset<Map<String, Object>> data(String split) throws IOException {
    try (NDManager own = manager.newSubManager();
        SafetensorsFile file = SafetensorsFile.open(file("data.safetensors"))) {
      float[] x = file.read(split + "_x", own).toFloatArray();
      long[] y = file.read(split + "_y", own).toLongArray();
      int width = x.length / y.length;
      List<Map<String, Object>> samples = new ArrayList<>();
      for (int i = 0; i < y.length; i++) {
        samples.add(Map.of("x", Arrays.copyOfRange(x, i * width, (i + 1) * width), "labels", y[i]));
      }
      return Datasets.of(samples);
    }
  }

  static JsonNode json(String name) throws IOException {
    return new ObjectMapper().readTree(Files.readString(file(name)));
  }

  private static Path file(String name) throws IOException {
    try {
      return Path.of(
          Objects.requireNonNull(GoldenTask.class.getResource("/golden/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
