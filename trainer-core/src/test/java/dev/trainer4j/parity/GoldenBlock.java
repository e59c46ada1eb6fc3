// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.testing.TestDevice;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The model of the golden runs as a plain DJL block: Linear(8,16), ReLU, Linear(16,3). */
final class GoldenBlock implements AutoCloseable {

  private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final Block block;

  GoldenBlock() throws IOException {
    try (SafetensorsFile init = SafetensorsFile.open(GoldenMlp.file("init.safetensors"))) {
      block =
          new SequentialBlock()
              .add(linear("fc1", 16, init))
              .add(Activation.reluBlock())
              .add(linear("fc2", 3, init));
    }
    block.initialize(manager, DataType.FLOAT32, new Shape(1, 8));
  }

  private Linear linear(String name, int units, SafetensorsFile init) throws IOException {
    Linear layer = Linear.builder().setUnits(units).build();
    for (String part : new String[] {"weight", "bias"}) {
      NDArray array = init.read(name + "." + part, manager);
      layer.getDirectParameters().get(part).setArray(array);
      parameters.put(name + "." + part, array);
    }
    return layer;
  }

  Block block() {
    return block;
  }

  /** By the names of the figures. */
  Map<String, NDArray> parameters() {
    return parameters;
  }

  @Override
  public void close() {
    manager.close();
  }
}
