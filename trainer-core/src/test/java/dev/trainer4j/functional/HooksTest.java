// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SamplingStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.DataLoaderOptions;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.DefaultDataCollator;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.evaluation.PredictionStep;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.Optimizers;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.schedule.LearningRateScheduler;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a subclass may change, and when each hook is called. */
class HooksTest {

  @TempDir Path outputDir;

  private TrainingArguments.Builder args() {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .maxSteps(2)
        .perDeviceTrainBatchSize(4)
        .gradientAccumulationSteps(2)
        .perDeviceEvalBatchSize(5)
        .learningRate(0.05)
        .loggingSteps(1)
        .saveStrategy(IntervalStrategy.NO);
  }

  private static Trainer.Builder builder(TinyModel model, TrainingArguments args) {
    return Trainer.builder(model.model(), args)
        .trainDataset(TinyData.points(22, 1))
        .evalDataset(TinyData.points(10, 2));
  }

  /** Writes down its calls and changes nothing. */
  private static final class Recording extends Trainer {
    private final List<String> calls = new ArrayList<>();

    Recording(Builder builder) {
      super(builder);
    }

    @Override
    protected DataLoader getTrainDataLoader() {
      calls.add("getTrainDataLoader");
      return super.getTrainDataLoader();
    }

    @Override
    protected Optimizer createOptimizer(List<ParameterGroup> groups) {
      calls.add("createOptimizer");
      return super.createOptimizer(groups);
    }

    @Override
    protected LearningRateScheduler createScheduler(int totalSteps) {
      calls.add("createScheduler(" + totalSteps + ")");
      return super.createScheduler(totalSteps);
    }

    @Override
    protected LossOutput trainingStep(TrainableModel model, ModelInputs inputs) {
      calls.add("trainingStep");
      return super.trainingStep(model, inputs);
    }

    @Override
    protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
      calls.add("computeLoss" + (isTraining() ? " in training" : ""));
      return super.computeLoss(model, inputs);
    }

    @Override
    protected DataLoader getEvalDataLoader(DataSource<?> dataset) {
      calls.add("getEvalDataLoader");
      return super.getEvalDataLoader(dataset);
    }

    @Override
    protected PredictionStep predictionStep(
        TrainableModel model, ModelInputs inputs, boolean lossOnly) {
      calls.add("predictionStep");
      return super.predictionStep(model, inputs, lossOnly);
    }

    @Override
    protected void log(LogEntry entry) {
      calls.add("log " + entry.values().keySet().iterator().next());
      super.log(entry);
    }
  }

  @Test
  void hooksAreCalledInTheOrderInWhichTheyStand() {
    try (TinyModel model = new TinyModel(1, 0);
        Recording trainer =
            new Recording(
                builder(
                    model,
                    args()
                        .loggingSteps(2)
                        .evalStrategy(IntervalStrategy.STEPS)
                        .evalSteps(2)
                        .build()))) {
      trainer.train();

      assertThat(trainer.calls)
          .containsExactly(
              "getTrainDataLoader",
              "getEvalDataLoader", // what evaluations will lack
              "createOptimizer",
              "createScheduler(2)",
              "trainingStep",
              "computeLoss in training",
              "trainingStep",
              "computeLoss in training",
              "trainingStep",
              "computeLoss in training",
              "trainingStep",
              "computeLoss in training",
              "log loss",
              "getEvalDataLoader",
              "predictionStep",
              "computeLoss",
              "predictionStep",
              "computeLoss",
              "log eval_loss",
              "log train_runtime");
    }
  }

  @Test
  void computeLossMayWeighSamplesAndLogParts() {
    final class Halved extends Trainer {
      Halved(Builder builder) {
        super(builder);
      }

      @Override
      protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
        ModelOutput outputs = model.forward(inputs, isTraining());
        LossOutput loss = Losses.crossEntropy(outputs.logits(), inputs.get("labels"));
        return LossOutput.of(loss.value().mul(0.5), loss.weight())
            .part("half", loss.value().mul(0.25))
            .withOutputs(outputs);
      }
    }
    double whole;
    try (TinyModel model = new TinyModel(1, 0);
        Trainer trainer = builder(model, args().build()).build()) {
      trainer.train();
      whole = trainer.state().logHistory().get(0).value("loss").getAsDouble();
    }
    try (TinyModel model = new TinyModel(1, 0);
        Trainer trainer = new Halved(builder(model, args().build()))) {
      trainer.train();
      LogEntry line = trainer.state().logHistory().get(0);
      assertThat(line.value("loss").getAsDouble()).isEqualTo(whole / 2, EPS);
      assertThat(line.value("half").getAsDouble()).isEqualTo(whole / 4, EPS);
    }
  }

  private static final org.assertj.core.data.Offset<Double> EPS =
      org.assertj.core.api.Assertions.offset(1e-6);

  /** Gradient descent written in array operations, without a kernel. */
  private static final class PlainDescent implements Optimizer {
    private final List<ParameterGroup> groups;
    private final Map<String, NDArray> state = new LinkedHashMap<>();

    PlainDescent(List<ParameterGroup> groups) {
      this.groups = groups;
      parameters()
          .forEach(
              parameter ->
                  state.put(parameter.name() + ".momentum_buffer", parameter.array().zerosLike()));
    }

    private List<NamedParameter> parameters() {
      return groups.stream().flatMap(group -> group.parameters().stream()).toList();
    }

    @Override
    public List<ParameterGroup> groups() {
      return groups;
    }

    @Override
    public void step(double rateFactor) {
      for (ParameterGroup group : groups) {
        for (NamedParameter parameter : group.parameters()) {
          NDArray momentum = state.get(parameter.name() + ".momentum_buffer");
          momentum.muli(0.9f).addi(parameter.array().getGradient());
          parameter.array().subi(momentum.mul((float) (group.learningRate() * rateFactor)));
        }
      }
    }

    @Override
    public Map<String, NDArray> state() {
      return state;
    }

    @Override
    public void close() {
      state.values().forEach(NDArray::close);
    }
  }

  private static final class OwnOptimizer extends Trainer {
    private final boolean plain;

    OwnOptimizer(Builder builder, boolean plain) {
      super(builder);
      this.plain = plain;
    }

    @Override
    protected Optimizer createOptimizer(List<ParameterGroup> groups) {
      return plain ? new PlainDescent(groups) : Optimizers.sgd(groups, 0.9, 0, false);
    }
  }

  private Map<String, List<Double>> trainWith(boolean plain) {
    try (TinyModel model = new TinyModel(1, 0);
        Trainer trainer =
            new OwnOptimizer(
                builder(
                    model,
                    args().maxSteps(6).saveStrategy(IntervalStrategy.STEPS).saveSteps(3).build()),
                plain)) {
      trainer.train();
      return model.weights();
    }
  }

  @Test
  void anOptimizerInPlainArrayOperationsEqualsTheKernel() {
    long before = Natives.arrays();
    Map<String, List<Double>> plain = trainWith(true);
    Map<String, List<Double>> kernel = trainWith(false);

    kernel.forEach(
        (name, values) -> {
          for (int i = 0; i < values.size(); i++) {
            assertThat(plain.get(name).get(i)).isEqualTo(values.get(i), EPS);
          }
        });
    assertThat(Natives.arrays()).isEqualTo(before);
  }

  /** libtorch records for gradients by default on every thread but the first. */
  @Test
  void anOptimizerInPlainArrayOperationsWorksOnAnyThread() throws Exception {
    var thread = Executors.newSingleThreadExecutor();
    try {
      assertThat(thread.submit(() -> trainWith(true)).get()).isEqualTo(trainWith(true));
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void anOwnSchedulerSetsTheRate() {
    final class Stairs extends Trainer {
      Stairs(Builder builder) {
        super(builder);
      }

      @Override
      protected LearningRateScheduler createScheduler(int totalSteps) {
        return step -> step == 0 ? 1 : 0.125;
      }
    }
    try (TinyModel model = new TinyModel(1, 0);
        Trainer trainer =
            new Stairs(builder(model, args().lrSchedulerType(SchedulerType.CONSTANT).build()))) {
      trainer.train();
      assertThat(trainer.state().logHistory().get(0).value("learning_rate")).hasValue(0.05);
      assertThat(trainer.state().logHistory().get(1).value("learning_rate")).hasValue(0.05 / 8);
    }
  }

  @Test
  void anOwnLoaderFeedsTheRun() {
    List<Map<String, Object>> few = TinyData.list(8, 1);
    final class Few extends Trainer {
      Few(Builder builder) {
        super(builder);
      }

      @Override
      protected DataLoader getTrainDataLoader() {
        return DataLoader.of(
            dev.trainer4j.data.Datasets.of(few),
            new DefaultDataCollator(),
            DataLoaderOptions.builder().batchSize(4).build());
      }
    }
    TrainingArguments sequential =
        args()
            .maxSteps(-1)
            .numTrainEpochs(2)
            .trainSamplingStrategy(SamplingStrategy.SEQUENTIAL)
            .build();
    try (TinyModel model = new TinyModel(1, 0);
        TinyModel same = new TinyModel(1, 0);
        Trainer own = new Few(builder(model, sequential));
        Trainer plain =
            Trainer.builder(same.model(), sequential)
                .trainDataset(dev.trainer4j.data.Datasets.of(few))
                .build()) {
      assertThat(own.train().globalStep()).isEqualTo(2);
      plain.train();
      assertThat(model.weights()).isEqualTo(same.weights());
    }
  }

  @Test
  void logMayAddToALine() {
    final class Adding extends Trainer {
      Adding(Builder builder) {
        super(builder);
      }

      @Override
      protected void log(LogEntry entry) {
        Map<String, Double> more = new LinkedHashMap<>(entry.values());
        more.put("mine", 7.0);
        super.log(new LogEntry(entry.step(), more));
      }
    }
    try (TinyModel model = new TinyModel(1, 0);
        Trainer trainer = new Adding(builder(model, args().build()))) {
      trainer.train();
      assertThat(trainer.state().logHistory())
          .isNotEmpty()
          .allSatisfy(line -> assertThat(line.value("mine")).hasValue(7));
    }
  }
}
