// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** 784-128-64-10 with ReLU, batches of 32: so small that everything but arithmetic shows. */
final class MlpCase implements BenchCase {

  private static final int FEATURES = 784;
  private static final int CLASSES = 10;
  private static final int SAMPLES = 3200;

  @Override
  public int batchSize() {
    return 32;
  }

  @Override
  public Dataset<Map<String, Object>> data() {
    Random random = new Random(1);
    List<Map<String, Object>> samples = new ArrayList<>(SAMPLES);
    for (int i = 0; i < SAMPLES; i++) {
      float[] x = new float[FEATURES];
      for (int j = 0; j < FEATURES; j++) {
        x[j] = random.nextFloat();
      }
      samples.add(Map.of("x", x, "labels", random.nextInt(CLASSES)));
    }
    return Datasets.of(samples);
  }

  @Override
  public Trainer.Builder trainer(TrainingArguments args) {
    return Trainer.builder(block(128, 64), args);
  }

  /** Returns linear layers with ReLU between them, not yet initialized; ten classes at the end. */
  static Block block(int... hidden) {
    SequentialBlock block = new SequentialBlock();
    for (int units : hidden) {
      block.add(Linear.builder().setUnits(units).build()).add(Activation.reluBlock());
    }
    return block.add(Linear.builder().setUnits(CLASSES).build());
  }
}
