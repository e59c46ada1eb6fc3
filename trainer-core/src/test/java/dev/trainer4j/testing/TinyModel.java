// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.norm.Dropout;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.ModelOutput;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Linear(6,12), ReLU, dropout, Linear(12,3) on the CPU, without a loss of its own. Its first
 * weights depend on the seed alone.
 */
public final class TinyModel implements AutoCloseable {

  private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final DataType type;
  private final float dropout;
  private final FunctionModel model;

  public TinyModel(long seed, float dropout) {
    this(seed, dropout, DataType.FLOAT32);
  }

  public TinyModel(long seed, float dropout, DataType type) {
    this.type = type;
    this.dropout = dropout;
    Random random = new Random(seed);
    add("fc1.weight", random, TinyData.CLASSES * 4, TinyData.FEATURES);
    add("fc1.bias", random, TinyData.CLASSES * 4);
    add("fc2.weight", random, TinyData.CLASSES, TinyData.CLASSES * 4);
    add("fc2.bias", random, TinyData.CLASSES);
    model = new FunctionModel(parameters, manager, this::forward);
  }

  private void add(String name, Random random, long... shape) {
    double[] values = random.doubles(new Shape(shape).size(), -0.5, 0.5).toArray();
    // Kept open: toType to the same type gives the same memory.
    NDArray wide = manager.create(values, new Shape(shape));
    parameters.put(name, wide.toType(type, true));
  }

  private ModelOutput forward(ModelInputs inputs, boolean training) {
    NDArray hidden = Activation.relu(linear(inputs.get("x").toType(type, false), "fc1"));
    NDArray kept = Dropout.dropout(hidden, dropout, training).singletonOrThrow();
    return ModelOutput.logits(linear(kept, "fc2"));
  }

  private NDArray linear(NDArray x, String name) {
    return x.matMul(parameters.get(name + ".weight").transpose())
        .add(parameters.get(name + ".bias"));
  }

  public FunctionModel model() {
    return model;
  }

  public NDManager manager() {
    return manager;
  }

  public Map<String, NDArray> parameters() {
    return parameters;
  }

  /** The weights by name, to the bit. */
  public Map<String, List<Double>> weights() {
    return Values.of(parameters);
  }

  @Override
  public void close() {
    manager.close();
  }
}
