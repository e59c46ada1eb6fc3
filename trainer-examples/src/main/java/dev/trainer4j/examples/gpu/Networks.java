// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** Small models whose first weights are the same on every device, and data for them. */
final class Networks {

  private static final int FEATURES = 16;
  private static final int CLASSES = 5;

  private Networks() {}

  /** 160 points in five classes, each around a place of its own. */
  static Dataset<Map<String, ?>> points() {
    Random random = new Random(3);
    List<Map<String, ?>> points = new ArrayList<>();
    for (int i = 0; i < 160; i++) {
      float[] x = new float[FEATURES];
      for (int j = 0; j < FEATURES; j++) {
        x[j] = (float) random.nextGaussian() + (j % CLASSES == i % CLASSES ? 1 : 0);
      }
      points.add(Map.of("x", x, "labels", i % CLASSES));
    }
    return Datasets.of(points);
  }

  private static NDArray weight(NDManager manager, Random random, long... shape) {
    float[] values = new float[(int) new Shape(shape).size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextDouble() - 0.5);
    }
    return manager.create(values, new Shape(shape));
  }

  private static NDArray get(Map<String, NDArray> weights, String name) {
    return Objects.requireNonNull(weights.get(name), name);
  }

  /** Two layers. */
  static TrainableModel layers(NDManager manager) {
    Random random = new Random(1);
    Map<String, NDArray> weights = new LinkedHashMap<>();
    weights.put("first", weight(manager, random, 32, FEATURES));
    weights.put("bias", weight(manager, random, 32));
    weights.put("second", weight(manager, random, CLASSES, 32));
    return new FunctionModel(
        weights,
        manager,
        (inputs, training) -> {
          NDArray hidden =
              inputs.get("x").matMul(get(weights, "first").transpose()).add(get(weights, "bias"));
          return ModelOutput.logits(
              Activation.relu(hidden).matMul(get(weights, "second").transpose()));
        });
  }

  /** Two weights of one gradient, and a scalar whose gradient is what backward begins with. */
  static TrainableModel shared(NDManager manager) {
    Random random = new Random(2);
    Map<String, NDArray> weights = new LinkedHashMap<>();
    weights.put("a", weight(manager, random, FEATURES, CLASSES));
    weights.put("b", weight(manager, random, FEATURES, CLASSES));
    weights.put("s", manager.create(0.5f));
    return new FunctionModel(
        weights,
        manager,
        (inputs, training) -> {
          NDArray logits = inputs.get("x").matMul(get(weights, "a").add(get(weights, "b")));
          var loss = Losses.crossEntropy(logits, inputs.get("labels"));
          return ModelOutput.logits(logits)
              .withLoss(
                  LossOutput.of(
                      loss.value().add(get(weights, "s")), (double) logits.getShape().get(0)));
        });
  }

  /** A convolution of one channel over a turned input, and one of 1 x 1: gradients of unusual strides. */
  static TrainableModel convolutions(NDManager manager) {
    Random random = new Random(4);
    Map<String, NDArray> weights = new LinkedHashMap<>();
    weights.put("line", weight(manager, random, 3, 1, 4));
    weights.put("point", weight(manager, random, 6, 3, 1, 1));
    weights.put("out", weight(manager, random, CLASSES, 6 * 13));
    return new FunctionModel(
        weights,
        manager,
        (inputs, training) -> {
          NDArray x = inputs.get("x");
          NDArray turned = x.transpose().expandDims(0).transpose(2, 0, 1);
          NDArray line = Conv1d.conv1d(turned, get(weights, "line")).singletonOrThrow();
          NDArray point =
              Conv2d.conv2d(line.expandDims(2), get(weights, "point")).singletonOrThrow();
          NDArray flat = point.reshape(x.getShape().get(0), 6 * 13);
          return ModelOutput.logits(flat.matMul(get(weights, "out").transpose()));
        });
  }
}
