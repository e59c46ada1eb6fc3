// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.TrainerState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What a rank has resident at a stage of sharding, beside the formula of {@code docs/distributed.md}: a chain of square
 * matrices trained by AdamW in float32, so small batches of numbers that activations do not show.
 *
 * <pre>{@code mpirun -n 4 java -cp ... dev.trainer4j.benchmarks.ShardingMemory 2}</pre>
 */
public final class ShardingMemory {

  private static final int WIDTH = 2048;
  private static final int SMALL = 64;
  private static final int LAYERS = 24;
  private static final double MEGABYTE = 1e6;
  private static final long BUCKET = 25L << 20;

  private final ProcessGroup group;
  private final int stage;
  private final int accumulation;
  private final long parameters = (long) LAYERS * WIDTH * WIDTH;
  private final List<Long> forwards = new ArrayList<>();
  private long base;

  private ShardingMemory(ProcessGroup group, int stage, int accumulation) {
    this.group = group;
    this.stage = stage;
    this.accumulation = accumulation;
  }

  /** Arguments: stage, 0 (data parallel), 1 or 2, and micro batches of an update, 1 by default. */
  @SuppressWarnings("SystemOut")
  public static void main(String[] args) {
    try (ProcessGroup group = ProcessGroup.launched()) {
      int accumulation = args.length > 1 ? Integer.parseInt(args[1]) : 1;
      ShardingMemory run = new ShardingMemory(group, Integer.parseInt(args[0]), accumulation);
      String line = run.measure();
      List<String> lines = group.allGather(line);
      if (group.isMain()) {
        lines.forEach(System.out::println);
      }
    }
  }

  private String measure() {
    train(SMALL); // Libraries, kernels and the group's buffers are there whatever is trained.
    forwards.clear();
    base = ResidentMemory.nowKilobytes() * 1024;
    train(WIDTH);
    return report();
  }

  private void train(int width) {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      Map<String, NDArray> weights = new LinkedHashMap<>();
      for (int i = 0; i < LAYERS; i++) {
        weights.put(
            "layer." + i,
            manager.randomNormal(0, 0.02f, new Shape(width, width), DataType.FLOAT32));
      }
      FunctionModel model =
          new FunctionModel(weights, manager, (inputs, training) -> forward(inputs, weights));
      try (Trainer trainer =
          Trainer.builder(model, arguments())
              .trainDataset(Datasets.of(IntStream.range(0, 4096).boxed().toList()))
              .<Integer>dataCollator(
                  (samples, owner) ->
                      ModelInputs.of("x", owner.ones(new Shape(samples.size(), width))))
              .callback(new Looking())
              .processGroup(group)
              .build()) {
        trainer.train();
      }
    }
  }

  private TrainingArguments arguments() {
    return TrainingArguments.builder()
        .outputDir(Path.of("nothing-is-saved"))
        .maxSteps(4)
        .perDeviceTrainBatchSize(4)
        .gradientAccumulationSteps(accumulation)
        .optim(OptimizerName.ADAMW_TORCH)
        .learningRate(1e-5)
        .torchNumThreads(1)
        .saveStrategy(IntervalStrategy.NO)
        .useCpu(true)
        .deepspeed(
            Map.of(
                "zero_optimization",
                Map.of("stage", stage, "reduce_bucket_size", BUCKET / Float.BYTES)))
        .build();
  }

  private static ModelOutput forward(ModelInputs inputs, Map<String, NDArray> weights) {
    NDArray x = inputs.get("x");
    for (NDArray weight : weights.values()) {
      x = x.matMul(weight).tanh();
    }
    return ModelOutput.logits(x).withLoss(LossOutput.of(x.square().sum(), (double) x.size()));
  }

  /** Looks when a micro batch begins, with moments there and the pass not begun. */
  private final class Looking implements TrainerCallback {
    @Override
    public void onSubstepBegin(
        CallbackContext ctx, TrainerState state, TrainerControl control, ModelInputs inputs) {
      if (state.globalStep() >= 2) {
        forwards.add(ResidentMemory.nowKilobytes() * 1024);
      }
    }
  }

  private String report() {
    double between = forwards.stream().mapToLong(Long::longValue).max().orElse(0) - base;
    double peak = ResidentMemory.peakKilobytes() * 1024.0 - base;
    double formula = formula(stage == 2 ? 0 : 4);
    double formulaOfPeak = formula(4);
    return String.format(
        Locale.ROOT,
        "stage %d, %d ranks, rank %d: %.0f MB before a forward pass (formula %.0f, %+.1f %%), at most %.0f MB"
            + " (formula %.0f, %+.1f %%); libraries %.0f MB",
        stage,
        group.worldSize(),
        group.rank(),
        between / MEGABYTE,
        formula,
        100 * (between / MEGABYTE / formula - 1),
        peak / MEGABYTE,
        formulaOfPeak,
        100 * (peak / MEGABYTE / formulaOfPeak - 1),
        base / MEGABYTE);
  }

  /** In megabytes. */
  private double formula(int wholeGradients) {
    double whole = (4 + wholeGradients) * (double) parameters;
    double shared = stage == 0 ? 8.0 * parameters : 12.0 * parameters / group.worldSize() + BUCKET;
    return (whole + shared) / MEGABYTE;
  }
}
