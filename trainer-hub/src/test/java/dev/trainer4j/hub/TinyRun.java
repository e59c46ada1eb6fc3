// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.metrics.Metrics;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A classifier of a few numbers with dropout: twelve updates, three an epoch, a checkpoint every three. */
final class TinyRun {
  private TinyRun() {}

  static Block model() {
    return new SequentialBlock()
        .add(Linear.builder().setUnits(16).build())
        .add(Activation::relu)
        .add(Dropout.builder().optRate(0.1f).build())
        .add(Linear.builder().setUnits(2).build());
  }

  static Dataset<Map<String, Object>> data(int seed, int size) {
    Random random = new Random(seed);
    List<Map<String, Object>> samples = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      float[] x = new float[4];
      float sum = 0;
      for (int j = 0; j < x.length; j++) {
        x[j] = (float) random.nextGaussian();
        sum += x[j];
      }
      samples.add(Map.of("x", x, "labels", sum > 0 ? 1L : 0L));
    }
    return Datasets.of(samples);
  }

  static TrainingArguments.Builder args(Path outputDir) {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .useCpu(true)
        .numTrainEpochs(4)
        .perDeviceTrainBatchSize(8)
        .learningRate(0.05)
        .loggingSteps(3)
        .evalStrategy(IntervalStrategy.EPOCH)
        .saveSteps(3);
  }

  static Trainer.Builder trainer(TrainingArguments args) {
    Block model = model();
    return Trainer.builder(model, args)
        .trainDataset(data(1, 24))
        .evalDataset(data(2, 16))
        .computeMetrics(Metrics.accuracy());
  }

  static HubClient.Builder client(URI endpoint, Path cache) {
    return HubClient.builder()
        .endpoint(endpoint)
        .cacheDir(cache)
        .token(HubServer.TOKEN)
        .offline(false)
        .symbolicLinks(true)
        .retryPause(Duration.ofMillis(5));
  }

  /** For another process: trains into a folder and pushes to the Hub of its environment. */
  public static void main(String[] args) {
    TrainingArguments arguments =
        args(Path.of(args[0]))
            .pushToHub(true)
            .hubModelId("tester/run")
            .hubStrategy(dev.trainer4j.args.HubStrategy.CHECKPOINT)
            .hubAlwaysPush(true)
            .build();
    try (Trainer trainer = trainer(arguments).build()) {
      trainer.train();
    }
  }
}
