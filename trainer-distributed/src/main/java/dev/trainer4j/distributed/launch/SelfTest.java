// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.StringJoiner;

/** The training of the command {@code test}, in each process. Not for users. */
public final class SelfTest {

  /** What stands before the result in the output. */
  static final String RESULT = "weights after the training: ";

  private static final int SAMPLES = 512;
  private static final int UPDATES = 20;

  private SelfTest() {}

  /** Gets an output folder and the samples of each process; rank 0 prints the weights. */
  public static void main(String[] args) {
    TrainingArguments arguments =
        TrainingArguments.builder()
            .outputDir(Path.of(args[0]))
            .perDeviceTrainBatchSize(Integer.parseInt(args[1]))
            .maxSteps(UPDATES)
            .learningRate(1e-2)
            .loggingStrategy(IntervalStrategy.NO)
            .saveStrategy(IntervalStrategy.NO)
            .build();
    Block network =
        new SequentialBlock()
            .add(Linear.builder().setUnits(64).build())
            .add(Activation.reluBlock())
            .add(Linear.builder().setUnits(2).build());
    try (Trainer trainer = Trainer.builder(network, arguments).trainDataset(points()).build()) {
      trainer.train();
    }
    // Read when it is closed: a trainer that shares parameters out gives them back then.
    if (System.getenv().getOrDefault("RANK", "0").equals("0")) {
      System.out.println(weights(network));
    }
    network.clear();
  }

  private static StringJoiner weights(Block network) {
    StringJoiner weights = new StringJoiner(" ", RESULT, "");
    network
        .getParameters()
        .forEach(
            named -> {
              for (float value : named.getValue().getArray().toFloatArray()) {
                weights.add(String.valueOf(value));
              }
            });
    return weights;
  }

  private static Dataset<Map<String, Object>> points() {
    Random random = new Random(7);
    List<Map<String, Object>> points = new ArrayList<>();
    for (int i = 0; i < SAMPLES; i++) {
      int label = i % 2;
      double angle = 2 * Math.PI * random.nextDouble();
      double radius = 1 + label + 0.2 * random.nextGaussian();
      float[] x = {(float) (radius * Math.cos(angle)), (float) (radius * Math.sin(angle))};
      points.add(Map.of("x", x, "labels", label));
    }
    return Datasets.of(points);
  }
}
