// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.NonFiniteLossException;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.InvalidArgumentsException;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.CallbackException;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each mistake is one error that names the thing and the remedy, and leaves nothing behind. */
@Tag("context") // a wrong label that got through would end CUDA for its process
class BadInputTest {

  @TempDir Path outputDir;

  private TinyModel model;

  @BeforeEach
  void makeModel() {
    model = new TinyModel(1, 0.3f);
  }

  @AfterEach
  void closeModel() {
    model.close();
    assertThat(Natives.dataThreads()).isEmpty();
  }

  private TrainingArguments.Builder args() {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .maxSteps(4)
        .perDeviceTrainBatchSize(4)
        .gradientAccumulationSteps(2)
        .dataloaderNumWorkers(2)
        .learningRate(0.05)
        .loggingSteps(1)
        .saveStrategy(IntervalStrategy.NO);
  }

  private Trainer.Builder trainer(TrainingArguments.Builder args) {
    return Trainer.builder(model.model(), args.build())
        .trainDataset(TinyData.points(22, 1))
        .evalDataset(TinyData.points(10, 2));
  }

  /** Runs {@code action}, which must fail with all of {@code words}, and looks for leaks. */
  private static Throwable assertFails(
      Trainer.Builder builder, Consumer<Trainer> action, String... words) {
    long before = Natives.arrays();
    assertThat(before).as("the model, at least").isPositive();
    Throwable failure;
    try (Trainer trainer = builder.build()) {
      failure = catchThrowable(() -> action.accept(trainer));
      // The seed of backward lives as long as the trainer.
      assertThat(Natives.arrays()).isBetween(before, before + 1);
      assertThat(Natives.dataThreads()).isEmpty();
    }
    assertThat(failure).isNotNull();
    assertThat(failure.getMessage()).contains(words);
    return failure;
  }

  private static void assertTrainingFails(Trainer.Builder builder, String... words) {
    assertFails(builder, Trainer::train, words);
  }

  @Test
  void aStreamWithoutMaxSteps() {
    IterableDataset<Map<String, Object>> stream = epoch -> TinyData.list(8, 1).iterator();
    assertTrainingFails(
        trainer(args().maxSteps(-1)).trainDataset(stream), "no length", "set maxSteps");
  }

  @Test
  void emptyTrainingData() {
    assertTrainingFails(
        trainer(args()).trainDataset(Datasets.of(List.of())), "training data is empty");
    IterableDataset<Map<String, Object>> stream =
        epoch -> List.<Map<String, Object>>of().iterator();
    assertTrainingFails(trainer(args()).trainDataset(stream), "training data gave no batch");
  }

  @Test
  void noTrainingData() {
    assertTrainingFails(
        Trainer.builder(model.model(), args().build()), "no training data", "trainDataset");
  }

  @Test
  void allTrainingDataDropped() {
    assertTrainingFails(
        trainer(args().perDeviceTrainBatchSize(64).dataloaderDropLast(true)),
        "22 samples",
        "batch size is 64",
        "dataloaderDropLast");
  }

  @Test
  void emptyEvaluationData() {
    assertFails(
        trainer(args()).evalDataset(Datasets.of(List.of())),
        Trainer::evaluate,
        "evaluation data is empty");
    assertFails(
        trainer(args()),
        trainer -> trainer.predict(Datasets.of(List.of())),
        "evaluation data is empty");
  }

  @Test
  void evaluationWithoutData() {
    assertThatThrownBy(
            () ->
                Trainer.builder(model.model(), args().evalStrategy(IntervalStrategy.EPOCH).build())
                    .trainDataset(TinyData.points(22, 1))
                    .build())
        .hasMessageContaining("evalDataset")
        .hasMessageContaining("evalStrategy is EPOCH");
    assertFails(
        Trainer.builder(model.model(), args().build()),
        Trainer::evaluate,
        "no evaluation data",
        "evalDataset");
  }

  @ParameterizedTest
  @ValueSource(ints = {3, -1, 1_000_000})
  void aLabelOutOfRange(int label) {
    List<Map<String, Object>> data = new ArrayList<>(TinyData.list(22, 1));
    data.set(5, Map.of("x", new float[TinyData.FEATURES], "labels", label));
    assertTrainingFails(
        trainer(args()).trainDataset(Datasets.of(data)),
        "label " + label + " in row ",
        "is out of range",
        "3 classes");
  }

  @Test
  void labelsOfTheWrongType() {
    assertTrainingFails(
        trainer(args())
            .trainDataset(
                Datasets.of(List.of(Map.of("x", new float[TinyData.FEATURES], "labels", 0.5)))),
        "integer labels",
        "float32",
        "computeLossFunc");
  }

  @Test
  void noLabels() {
    assertTrainingFails(
        trainer(args())
            .trainDataset(Datasets.of(List.of(Map.of("x", new float[TinyData.FEATURES])))),
        "no loss",
        "[labels]",
        "set labelNames");
  }

  @Test
  void everyLabelIgnored() {
    List<Map<String, Object>> data =
        TinyData.list(22, 1).stream()
            .map(sample -> Map.of("x", sample.get("x"), "labels", (Object) Integer.valueOf(-100)))
            .toList();
    assertTrainingFails(
        trainer(args()).trainDataset(Datasets.of(data)), "update 1", "every label is -100");
  }

  @Test
  void raggedRows() {
    List<Map<String, Object>> data = new ArrayList<>(TinyData.list(22, 1));
    data.set(5, Map.of("x", new float[TinyData.FEATURES + 1], "labels", 0));
    assertTrainingFails(trainer(args()).trainDataset(Datasets.of(data)), "samples", "5", "x");
  }

  @SuppressWarnings("NullAway") // what data may hold
  @Test
  void samplesThatAreNull() {
    List<Map<String, Object>> holed = new ArrayList<>(TinyData.list(3, 1));
    holed.set(1, null);
    assertThatThrownBy(() -> Datasets.of(holed))
        .hasMessageContaining("sample 1 of the list is null");
    assertTrainingFails(
        trainer(args()).trainDataset(TinyData.points(8, 1).map(sample -> null)),
        "No batch can be made of samples",
        "sample 0 of the batch is null",
        "filter");
  }

  @Test
  void samplesThatTheCollatorDoesNotTake() {
    assertTrainingFails(
        trainer(args()).trainDataset(Datasets.of(List.of("a text", "another"))),
        "class java.lang.String",
        "DefaultDataCollator",
        "pass a dataCollator");
  }

  @Test
  void aCollatorThatGivesNothing() {
    DataCollator<Object> none = (samples, manager) -> ModelInputs.empty();
    assertTrainingFails(trainer(args()).dataCollator(none), "collator", "gave no inputs");
  }

  @Test
  void aCollatorWithoutTheModelsInput() {
    DataCollator<Object> other =
        (samples, manager) ->
            ModelInputs.of("y", manager.zeros(new Shape(samples.size(), 1)))
                .with("labels", manager.zeros(new Shape(samples.size()), DataType.INT64));
    assertTrainingFails(trainer(args()).dataCollator(other), "no input 'x'", "[y, labels]");
  }

  @Test
  void aMetricThatNoEvaluationProduces() {
    assertTrainingFails(
        trainer(
                args()
                    .evalStrategy(IntervalStrategy.STEPS)
                    .evalSteps(1)
                    .metricForBestModel("f1")
                    .loadBestModelAtEnd(true))
            .computeMetrics(Metrics.accuracy()),
        "metricForBestModel is 'f1'",
        "eval_accuracy",
        "eval_loss");
  }

  @Test
  void wrongArgumentsAreAllReportedAtOnce() {
    assertThatThrownBy(
            () ->
                args().learningRate(-1).perDeviceTrainBatchSize(0).loadBestModelAtEnd(true).build())
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContaining("learningRate")
        .hasMessageContaining("perDeviceTrainBatchSize")
        .hasMessageContaining("loadBestModelAtEnd");
  }

  @Test
  void contradictoryParts() {
    assertThatThrownBy(
            () ->
                trainer(args().predictionLossOnly(true).labelSmoothingFactor(0.1))
                    .computeMetrics(Metrics.accuracy())
                    .computeLossFunc((outputs, inputs) -> LossOutput.mean(outputs.logits().sum()))
                    .build())
        .hasMessageContaining("predictionLossOnly")
        .hasMessageContaining("labelSmoothingFactor");
  }

  @Test
  void aLossThatDependsOnNoParameter() {
    assertTrainingFails(
        trainer(args())
            .computeLossFunc((outputs, inputs) -> LossOutput.mean(inputs.get("x").sum())),
        "depends on no trainable parameter",
        "toType");
  }

  @Test
  void aLossThatIsNoScalar() {
    assertTrainingFails(
        trainer(args()).computeLossFunc((outputs, inputs) -> LossOutput.mean(outputs.logits())),
        "must be a scalar",
        "(4, 3)");
  }

  @Test
  void aModelWithoutTrainableParameters() {
    FunctionModel empty =
        new FunctionModel(
            Map.of(), model.manager(), (inputs, training) -> ModelOutput.logits(inputs.get("x")));
    assertTrainingFails(
        Trainer.builder(empty, args().build()).trainDataset(TinyData.points(22, 1)),
        "no trainable parameters");
  }

  @Test
  void anOutputDirThatIsAFile() throws IOException {
    Path file = Files.writeString(outputDir.resolve("taken"), "x");
    assertTrainingFails(
        trainer(args().outputDir(file).saveStrategy(IntervalStrategy.STEPS).saveSteps(1)),
        file.toString(),
        "not a folder");
  }

  /** Gives NaN in the first update and a real loss afterwards. */
  private Trainer.Builder nanAtFirst(NanPolicy policy) {
    int[] calls = new int[1];
    return trainer(args().nanPolicy(policy))
        .computeLossFunc(
            (outputs, inputs) -> {
              LossOutput loss = Losses.crossEntropy(outputs.logits(), inputs.get("labels"));
              boolean broken = calls[0]++ == 0;
              NDArray value = broken ? loss.value().mul(Float.NaN) : loss.value();
              return LossOutput.of(value, loss.weight());
            });
  }

  @Test
  void aLossThatIsNotANumberFailsByDefault() {
    Map<String, List<Double>> before = model.weights();
    Throwable failure =
        assertFails(
            nanAtFirst(NanPolicy.FAIL),
            Trainer::train,
            "update 1",
            "micro batch 1 is NaN",
            "learningRate",
            "nanPolicy");
    assertThat(failure).isInstanceOf(NonFiniteLossException.class);
    assertThat(model.weights()).isEqualTo(before);
  }

  @Test
  void aLossThatIsNotANumberIsSkippedIfAskedFor() {
    try (Trainer trainer = nanAtFirst(NanPolicy.SKIP).build()) {
      TrainOutput output = trainer.train();

      assertThat(output.globalStep()).isEqualTo(4);
      assertThat(output.trainingLoss()).isFinite();
      assertThat(trainer.state().logHistory().get(0).value("loss").getAsDouble()).isNaN();
      assertThat(trainer.state().logHistory().get(1).value("loss").getAsDouble()).isFinite();
      assertThat(model.weights().values()).allSatisfy(BadInputTest::assertFinite);
    }
  }

  @Test
  void aLossThatIsNotANumberGoesOnIfAskedFor() {
    try (Trainer trainer = nanAtFirst(NanPolicy.CONTINUE).build()) {
      assertThat(trainer.train().globalStep()).isEqualTo(4);
      assertThat(model.weights().get("fc2.bias")).allSatisfy(x -> assertThat(x).isNaN());
    }
  }

  private static void assertFinite(List<Double> values) {
    assertThat(values).allSatisfy(value -> assertThat(value).isFinite());
  }

  /** What a failed update left in the gradients must not enter the next run. */
  @Test
  void afterAFailureTheTrainerTrainsAsIfNothingHadHappened() {
    Map<String, List<Double>> expected;
    try (TinyModel fresh = new TinyModel(1, 0.3f);
        Trainer trainer =
            Trainer.builder(fresh.model(), args().build())
                .trainDataset(TinyData.points(22, 1))
                .build()) {
      trainer.train();
      expected = fresh.weights();
    }
    TrainerCallback failing =
        new TrainerCallback() {
          @Override
          public void onSubstepEnd(
              CallbackContext ctx, TrainerState state, TrainerControl control) {
            throw new IllegalStateException("between micro batches");
          }
        };
    try (Trainer trainer = trainer(args()).callback(failing).build()) {
      assertThatThrownBy(trainer::train).hasMessageContaining("between micro batches");
      trainer.removeCallback(failing);

      trainer.train();

      assertThat(model.weights()).isEqualTo(expected);
    }
  }

  private enum Event {
    onInitEnd,
    onTrainBegin,
    onEpochBegin,
    onStepBegin,
    onSubstepEnd,
    onPreOptimizerStep,
    onOptimizerStep,
    onStepEnd,
    onLog,
    onPredictionStep,
    onEvaluate,
    onSave,
    onEpochEnd,
    onTrainEnd
  }

  @ParameterizedTest
  @EnumSource(Event.class)
  void aCallbackThatThrows(Event event) {
    TrainerCallback failing =
        (TrainerCallback)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {TrainerCallback.class},
                (proxy, method, values) -> {
                  if (method.getName().equals(event.name())) {
                    throw new IllegalStateException("the callback's own words");
                  }
                  return method.getDeclaringClass() == Object.class
                      ? (method.getName().equals("equals") ? proxy == values[0] : "callback")
                      : null;
                });
    long before = Natives.arrays();
    Trainer.Builder builder =
        trainer(
                args()
                    .evalStrategy(IntervalStrategy.STEPS)
                    .evalSteps(1)
                    .saveStrategy(IntervalStrategy.STEPS)
                    .saveSteps(1))
            .callback(failing);

    assertThatThrownBy(
            () -> {
              try (Trainer trainer = builder.build()) {
                trainer.train();
              }
            })
        .isInstanceOf(CallbackException.class)
        .hasMessage(
            "the callback's own words (callback %s, in %s)",
            failing.getClass().getName(), event.name())
        .hasRootCauseInstanceOf(IllegalStateException.class);

    assertThat(Natives.arrays()).isEqualTo(before);
  }

  private static TrainerCallback atTheStart(RuntimeException thrown) {
    return new TrainerCallback() {
      @Override
      public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
        throw thrown;
      }
    };
  }

  /** The type tells more of a slip than its words do. */
  @Test
  void aSlipOfACallbackComesWithItsType() {
    IOException gone = new NoSuchFileException("a.csv");
    for (RuntimeException slip :
        List.of(
            new NullPointerException(),
            new NumberFormatException("For input string: \"x\""),
            new IllegalStateException(gone),
            new UncheckedIOException(gone),
            new IllegalStateException())) {
      TrainerCallback callback = atTheStart(slip);
      assertTrainingFails(
          trainer(args()).callback(callback),
          "callback " + callback.getClass().getName() + " failed in onTrainBegin: " + slip);
    }
  }

  @Test
  void aMistakeInAnOverriddenHookReleasesEverything() {
    final class Failing extends Trainer {
      Failing(Builder builder) {
        super(builder);
      }

      @Override
      protected dev.trainer4j.schedule.LearningRateScheduler createScheduler(int totalSteps) {
        throw new IllegalStateException("no schedule");
      }
    }
    long before = Natives.arrays();
    try (Trainer trainer = new Failing(trainer(args()))) {
      assertThatThrownBy(trainer::train).hasMessage("no schedule");
      assertThat(Natives.arrays()).isEqualTo(before);
    }
  }

  @Test
  void theLogOfAFailedRunShowsWhatWasDone() {
    List<LogEntry> seen = new ArrayList<>();
    TrainerCallback failing =
        new TrainerCallback() {
          @Override
          public void onLog(
              CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
            seen.add(logs);
            if (state.globalStep() == 2) {
              throw new IllegalStateException("enough");
            }
          }
        };
    try (Trainer trainer = trainer(args()).callback(failing).build()) {
      assertThatThrownBy(trainer::train).hasMessageContaining("enough");
      assertThat(trainer.state().globalStep()).isEqualTo(2);
      assertThat(trainer.state().logHistory()).isEqualTo(seen).hasSize(2);
    }
  }
}
