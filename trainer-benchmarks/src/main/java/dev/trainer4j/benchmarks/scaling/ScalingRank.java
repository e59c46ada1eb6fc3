// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks.scaling;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.TrainerState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One rank of the measurement: the time of an update, and of the collectives that are in it. */
public final class ScalingRank {

  static final int WIDTH = 512;
  static final int BATCH = 64;
  private static final int WARM_UP = 10;
  private static final int UPDATES = 60;
  private static final int REPEATS = 40;

  private ScalingRank() {}

  /** Gets an output folder; rank 0 prints seconds of an update, of its all-reduce, and of one of a number. */
  public static void main(String[] args) {
    try (ProcessGroup group = ProcessGroup.launched();
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      Clock clock = new Clock();
      train(group, Path.of(args[0]), clock);
      double large = allReduce(group, manager, parameters());
      double small = allReduce(group, manager, 1);
      if (group.isMain()) {
        System.out.printf("measured %.9f %.9f %.9f%n", clock.fast(), large, small);
      }
    }
  }

  static long parameters() {
    return (long) WIDTH * WIDTH + WIDTH + (long) WIDTH * WIDTH + WIDTH + WIDTH * 10L + 10;
  }

  private static void train(ProcessGroup group, Path out, Clock clock) {
    Random random = new Random(1);
    List<Map<String, Object>> samples = new ArrayList<>();
    for (int i = 0; i < 2048; i++) {
      float[] x = new float[WIDTH];
      for (int j = 0; j < WIDTH; j++) {
        x[j] = random.nextFloat();
      }
      samples.add(Map.of("x", x, "labels", i % 10));
    }
    Block block =
        new SequentialBlock()
            .add(Linear.builder().setUnits(WIDTH).build())
            .add(Activation.reluBlock())
            .add(Linear.builder().setUnits(WIDTH).build())
            .add(Activation.reluBlock())
            .add(Linear.builder().setUnits(10).build());
    TrainingArguments arguments =
        TrainingArguments.builder()
            .outputDir(out)
            .maxSteps(WARM_UP + UPDATES)
            .perDeviceTrainBatchSize(BATCH)
            .loggingStrategy(IntervalStrategy.NO)
            .saveStrategy(IntervalStrategy.NO)
            .build();
    try (Trainer trainer =
        Trainer.builder(block, arguments)
            .processGroup(group)
            .trainDataset(Datasets.of(samples))
            .callback(clock)
            .build()) {
      trainer.train();
    }
    block.clear();
  }

  private static double allReduce(ProcessGroup group, NDManager manager, long size) {
    double[] seconds = new double[REPEATS];
    try (NDArray array = manager.zeros(new Shape(size))) {
      for (int i = 0; i < REPEATS; i++) {
        group.barrier();
        long begin = System.nanoTime();
        group.allReduce(array);
        seconds[i] = (System.nanoTime() - begin) / 1e9;
      }
    }
    Arrays.sort(seconds);
    return seconds[REPEATS / 10];
  }

  /** The updates behind the first ones. The fastest tenth says what the machine can, whatever else it does meanwhile. */
  private static final class Clock implements TrainerCallback {
    private final List<Double> seconds = new ArrayList<>();
    private @Nullable Long last;

    @Override
    public void onStepEnd(CallbackContext context, TrainerState state, TrainerControl control) {
      long now = System.nanoTime();
      if (last != null && state.globalStep() > WARM_UP) {
        seconds.add((now - last) / 1e9);
      }
      last = now;
    }

    double fast() {
      return seconds.stream().sorted().skip(seconds.size() / 10).findFirst().orElseThrow();
    }
  }
}
