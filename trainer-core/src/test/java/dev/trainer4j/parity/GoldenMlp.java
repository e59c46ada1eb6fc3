// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Activation;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.testing.TestDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The model and data of the golden runs: Linear(8,16), ReLU, Linear(16,3), mean cross entropy.
 *
 * <p>The loss is an explicit mean, because Hugging Face's Trainer averages means.
 */
final class GoldenMlp implements AutoCloseable {

  private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final FunctionModel model;

  GoldenMlp() throws IOException {
    try (SafetensorsFile init = SafetensorsFile.open(file("init.safetensors"))) {
      for (String name : List.of("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")) {
        parameters.put(name, init.read(name, manager));
      }
    }
    model = new FunctionModel(parameters, manager, (inputs, training) -> forward(inputs));
  }

  private ModelOutput forward(ModelInputs inputs) {
    NDArray hidden = Activation.relu(linear(inputs.get("x"), "fc1"));
    NDArray logits = linear(hidden, "fc2");
    ModelOutput output = ModelOutput.logits(logits);
    return inputs
        .find("labels")
        .map(labels -> output.withLoss(Losses.crossEntropy(logits, labels).asMean()))
        .orElse(output);
  }

  private NDArray linear(NDArray x, String name) {
    return x.matMul(parameters.get(name + ".weight").transpose())
        .add(parameters.get(name + ".bias"));
  }

  FunctionModel model() {
    return model;
  }

  Map<String, NDArray> parameters() {
    return parameters;
  }

  /** Samples of {@code train} or {@code eval}. */
  static Dataset<Map<String, Object>> data(String split) throws IOException {
    return data(split, file("data.safetensors"));
  }

  /** Samples of {@code train} or {@code eval} from a file of the figures' form. */
  static Dataset<Map<String, Object>> data(String split, Path data) throws IOException {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
        SafetensorsFile file = SafetensorsFile.open(data)) {
      NDArray x = file.read(split + "_x", manager);
      long[] y = file.read(split + "_y", manager).toLongArray();
      float[] flat = x.toFloatArray();
      int width = flat.length / y.length;
      List<Map<String, Object>> samples = new ArrayList<>();
      for (int i = 0; i < y.length; i++) {
        Map<String, Object> sample = new LinkedHashMap<>();
        sample.put("x", java.util.Arrays.copyOfRange(flat, i * width, (i + 1) * width));
        sample.put("labels", y[i]);
        samples.add(sample);
      }
      return Datasets.of(samples);
    }
  }

  static Path file(String name) {
    return Golden.folder().resolve("runs").resolve(name);
  }

  @Override
  public void close() {
    manager.close();
  }
}
