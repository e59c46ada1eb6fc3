// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
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
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.ForwardingModel;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.Segment;
import dev.trainer4j.model.SegmentedModel;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.model.UnreadWeights;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.torch.MovableTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What a rank has resident at a stage of sharding, beside the formula of {@code docs/distributed.md}: a chain of square
 * matrices trained by AdamW in float32, so small batches of numbers that activations do not show.
 *
 * <p>Give the JVM a heap that is there from the start, so that what grows is not the heap:
 *
 * <pre>{@code mpirun -n 4 java -Xms64m -Xmx64m -XX:+AlwaysPreTouch -cp ... dev.trainer4j.benchmarks.ShardingMemory 2}</pre>
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

  /** Arguments: stage, 0 (data parallel), 1, 2 or 3, and micro batches of an update, 1 by default. */
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
        NDArray weight = MovableTensors.create(new Shape(width, width), DataType.FLOAT32, manager);
        weight.setRequiresGradient(true);
        weights.put("layer." + i, weight);
      }
      TrainableModel model = new Layers(weights, manager);
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

  /** One segment for each matrix. */
  private static final class Layers extends ForwardingModel implements SegmentedModel {

    private final FunctionModel tensors;
    private final List<Segment> segments = new ArrayList<>();
    private final RandomWeights random;

    Layers(Map<String, NDArray> weights, NDManager manager) {
      tensors =
          new FunctionModel(
              weights,
              manager,
              (inputs, training) -> {
                throw new UnsupportedOperationException("the segments are the forward pass");
              });
      weights.forEach((name, weight) -> segments.add(new Layer(name, weight)));
      random = new RandomWeights(weights.keySet());
    }

    @Override
    public Optional<UnreadWeights> unreadWeights() {
      return random.read ? Optional.empty() : Optional.of(random);
    }

    private record Layer(String name, NDArray weight) implements Segment {

      @Override
      public List<String> parameterNames() {
        return List.of(name);
      }

      @Override
      public NDList forward(NDList hidden, ForwardPass pass) {
        NDArray x = hidden.isEmpty() ? pass.inputs().get("x") : hidden.head();
        return new NDList(x.matMul(weight).tanh());
      }
    }

    @Override
    protected TrainableModel delegate() {
      return tensors;
    }

    @Override
    public List<Segment> segments() {
      return segments;
    }

    @Override
    public ForwardPass begin(ModelInputs inputs, boolean training) {
      return new ForwardPass(inputs, training, null, Map.of());
    }

    @Override
    public ModelOutput finish(NDList last, ForwardPass pass) {
      NDArray x = last.head();
      return ModelOutput.logits(x).withLoss(LossOutput.of(x.square().sum(), (double) x.size()));
    }

    @Override
    public ModelOutput forward(ModelInputs inputs, boolean training) {
      return SegmentedModel.super.forward(inputs, training);
    }

    @Override
    public TrainableModel forPrediction() {
      return this;
    }
  }

  /** Weights that a trainer asks for, as of a folder that is loaded without them. */
  private static final class RandomWeights implements UnreadWeights {

    private final Set<String> names;
    private boolean read;

    RandomWeights(Set<String> names) {
      this.names = names;
    }

    @Override
    public Set<String> names() {
      return names;
    }

    @Override
    public String identity() {
      return "random";
    }

    @Override
    public void read(Receiver receiver) throws IOException {
      for (String name : names) {
        receiver.receive(
            name,
            (start, end, owner) ->
                owner.randomNormal(0, 0.02f, new Shape(end - start), DataType.FLOAT32));
      }
      read = true;
    }
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
    double formula = stage == 3 ? shares() : formula(stage == 2 ? 0 : 4);
    double formulaOfPeak = stage == 3 ? shares() + gathered() : formula(4);
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

  /** Parameters, gradients and two moments of a rank at stage 3, in megabytes. */
  private double shares() {
    return 16.0 * parameters / group.worldSize() / MEGABYTE;
  }

  /** The parameters of a segment and their gradients, in megabytes; in the first pass libtorch makes those elsewhere, too. */
  private static double gathered() {
    return 12.0 * WIDTH * WIDTH / MEGABYTE;
  }
}
