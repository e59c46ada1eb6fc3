// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.EvaluationOutput;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.data.PaddingCollator;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.CapturedLog;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import dev.trainer4j.testing.Values;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What an evaluation and a prediction give, against figures computed by hand in Java. */
class EvaluationTest extends TinyTrainings {

  private static final List<Map<String, Object>> DATA = TinyData.list(10, 2);

  @Override
  TrainingArguments.Builder args() {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .perDeviceEvalBatchSize(4)
        .saveStrategy(IntervalStrategy.NO);
  }

  private Trainer.Builder builder(TrainingArguments.Builder args) {
    return Trainer.builder(model.model(), args.build()).evalDataset(Datasets.of(DATA));
  }

  /** The model in plain Java. */
  private List<double[]> logits(List<Map<String, Object>> data) {
    Map<String, List<Double>> w = model.weights();
    List<double[]> rows = new ArrayList<>();
    for (Map<String, Object> sample : data) {
      float[] x = (float[]) sample.get("x");
      double[] hidden = new double[12];
      for (int i = 0; i < hidden.length; i++) {
        double sum = w.get("fc1.bias").get(i);
        for (int j = 0; j < x.length; j++) {
          sum += x[j] * w.get("fc1.weight").get(i * x.length + j);
        }
        hidden[i] = Math.max(0, sum);
      }
      double[] row = new double[TinyData.CLASSES];
      for (int i = 0; i < row.length; i++) {
        row[i] = w.get("fc2.bias").get(i);
        for (int j = 0; j < hidden.length; j++) {
          row[i] += hidden[j] * w.get("fc2.weight").get(i * hidden.length + j);
        }
      }
      rows.add(row);
    }
    return rows;
  }

  private double loss(List<Map<String, Object>> data) {
    List<double[]> logits = logits(data);
    double sum = 0;
    int count = 0;
    for (int i = 0; i < data.size(); i++) {
      int label = (Integer) data.get(i).get("labels");
      if (label >= 0) {
        double total = 0;
        for (double logit : logits.get(i)) {
          total += Math.exp(logit);
        }
        sum += Math.log(total) - logits.get(i)[label];
        count++;
      }
    }
    return sum / count;
  }

  private double accuracy() {
    List<double[]> logits = logits(DATA);
    int right = 0;
    for (int i = 0; i < DATA.size(); i++) {
      double[] row = logits.get(i);
      int label = (Integer) DATA.get(i).get("labels");
      right += row[label] >= Math.max(row[0], Math.max(row[1], row[2])) ? 1 : 0;
    }
    return right / (double) DATA.size();
  }

  @Test
  void theLossIsTheMeanOverLabelsWhateverTheBatchSize() {
    List<Map<String, Object>> some = new ArrayList<>(DATA);
    some.set(0, Map.of("x", DATA.get(0).get("x"), "labels", -100));
    some.set(9, Map.of("x", DATA.get(9).get("x"), "labels", -100));
    for (int batchSize : new int[] {1, 3, 4, 10, 64}) {
      try (Trainer trainer = builder(args().perDeviceEvalBatchSize(batchSize)).build()) {
        assertThat(trainer.evaluate().metric("loss")).isCloseTo(loss(DATA), within(1e-5));
        EvaluationOutput output = trainer.evaluate(Datasets.of(some));
        assertThat(output.metric("loss")).isCloseTo(loss(some), within(1e-5));
        assertThat(output.sampleCount()).isEqualTo(10);
      }
    }
  }

  @Test
  void withoutAnyLabelTheLossIsNotANumberAndAWarningSaysWhy() {
    List<Map<String, Object>> none = new ArrayList<>();
    DATA.forEach(sample -> none.add(Map.of("x", sample.get("x"), "labels", -100)));
    try (CapturedLog log = new CapturedLog(Trainer.class);
        Trainer trainer = builder(args()).build()) {
      assertThat(trainer.evaluate(Datasets.of(none)).metric("loss")).isNaN();
      assertThat(log.warnings())
          .singleElement()
          .asString()
          .contains("eval_loss is NaN", "all 10 samples", "every label is -100");
    }
  }

  @Test
  void streamingAndWholeMetricsAgree() {
    ComputeMetrics whole =
        prediction -> {
          assertThat(prediction.predictions().getShape()).isEqualTo(new Shape(10, 3));
          List<Double> labels = Values.of(prediction.labelIds());
          List<Double> guesses = Values.of(prediction.predictions().argMax(-1));
          long right =
              java.util.stream.IntStream.range(0, labels.size())
                  .filter(i -> labels.get(i).equals(guesses.get(i)))
                  .count();
          return Map.of("accuracy", right / (double) labels.size());
        };
    try (Trainer streaming = builder(args()).computeMetrics(Metrics.accuracy()).build();
        Trainer all = builder(args()).computeMetrics(whole).build()) {
      assertThat(streaming.evaluate().metric("accuracy")).isEqualTo(accuracy());
      assertThat(all.evaluate().metric("accuracy")).isEqualTo(accuracy());
    }
  }

  @Test
  void predictionsAreTheModelsInOrder() {
    try (Trainer trainer = builder(args()).computeMetrics(Metrics.accuracy()).build();
        PredictionOutput output = trainer.predict(Datasets.of(DATA))) {
      List<Double> expected =
          logits(DATA).stream().flatMapToDouble(java.util.Arrays::stream).boxed().toList();
      List<Double> actual = Values.of(output.predictions());
      for (int i = 0; i < expected.size(); i++) {
        assertThat(actual.get(i)).isCloseTo(expected.get(i), within(1e-5));
      }
      assertThat(Values.of(output.allLabels().get("labels"))).isEqualTo(labels(DATA));
      assertThat(output.metrics().get("test_accuracy")).isEqualTo(accuracy());
      assertThat(output.metrics().get("test_loss")).isCloseTo(loss(DATA), within(1e-5));
    }
  }

  private static List<Double> labels(List<Map<String, Object>> data) {
    return data.stream().map(sample -> ((Number) sample.get("labels")).doubleValue()).toList();
  }

  /** A batch's arrays may be Java's memory, which the collector takes back after the batch. */
  @Test
  void labelsAndPredictionsOutliveTheirBatches() {
    List<Map<String, Object>> many = TinyData.list(400, 3);
    TrainerCallback collector =
        new TrainerCallback() {
          private int batches;

          @Override
          public void onPredictionStep(
              CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (batches++ % 20 == 0) {
              System.gc();
            }
          }
        };
    // A model whose output is its input.
    FunctionModel identity =
        new FunctionModel(
            model.parameters(),
            model.manager(),
            (inputs, training) -> ModelOutput.logits(inputs.get("x")));
    try (Trainer trainer =
            Trainer.builder(identity, args().perDeviceEvalBatchSize(2).build())
                .computeLossFunc(
                    (outputs, inputs) -> Losses.meanSquaredError(outputs.logits(), inputs.get("x")))
                .callback(collector)
                .build();
        PredictionOutput output = trainer.predict(Datasets.of(many))) {
      assertThat(Values.of(output.allLabels().get("labels"))).isEqualTo(labels(many));
      List<Double> x = new ArrayList<>();
      for (Map<String, Object> sample : many) {
        for (float value : (float[]) sample.get("x")) {
          x.add((double) value);
        }
      }
      assertThat(Values.of(output.predictions())).isEqualTo(x);
    }
  }

  @Test
  void dataWithoutLabelsGivesPredictionsAndNoMetrics() {
    Dataset<Map<String, Object>> unlabelled =
        Datasets.of(DATA.stream().map(sample -> Map.of("x", sample.get("x"))).toList());
    ComputeMetrics whole = prediction -> Map.of("rows", (double) prediction.labelIds().size());
    for (Trainer.Builder builder :
        List.of(
            builder(args()).computeMetrics(Metrics.accuracy()),
            builder(args()).computeMetrics(whole),
            builder(args())
                .computeLossFunc(
                    (outputs, inputs) ->
                        Losses.crossEntropy(outputs.logits(), inputs.get("labels"))))) {
      try (Trainer trainer = builder.build();
          PredictionOutput output = trainer.predict(unlabelled)) {
        assertThat(output.predictions().getShape()).isEqualTo(new Shape(10, 3));
        assertThat(output.allLabels()).isEmpty();
        assertThat(output.metrics())
            .containsOnlyKeys("test_runtime", "test_samples_per_second", "test_steps_per_second");
      }
    }
  }

  @Test
  void aDictionaryOfSetsIsEvaluatedSetBySet() {
    List<String> events = new ArrayList<>();
    TrainerCallback listener =
        new TrainerCallback() {
          @Override
          public void onEvaluate(
              CallbackContext ctx,
              TrainerState state,
              TrainerControl control,
              Map<String, Double> metrics) {
            events.add(metrics.keySet().iterator().next());
          }
        };
    Map<String, Dataset<Map<String, Object>>> sets = new LinkedHashMap<>();
    sets.put("near", Datasets.of(DATA));
    sets.put("far", TinyData.points(6, 9));
    try (Trainer trainer =
        Trainer.builder(model.model(), args().build())
            .evalDatasets(sets)
            .computeMetrics(Metrics.accuracy())
            .callback(listener)
            .build()) {
      EvaluationOutput output = trainer.evaluate();

      assertThat(output.metrics())
          .containsKeys("eval_near_loss", "eval_near_accuracy", "eval_far_loss", "eval_far_runtime")
          .doesNotContainKey("eval_loss");
      assertThat(output.metrics().get("eval_near_loss")).isCloseTo(loss(DATA), within(1e-5));
      assertThat(output.sampleCount()).isEqualTo(16);
      assertThat(events).containsExactly("eval_near_loss", "eval_far_loss");
    }
  }

  @Test
  void aStreamIsEvaluatedWhole() {
    IterableDataset<Map<String, Object>> stream = epoch -> DATA.iterator();
    try (Trainer trainer = Trainer.builder(model.model(), args().build()).build()) {
      assertThat(trainer.evaluate(stream).metric("loss")).isCloseTo(loss(DATA), within(1e-5));
    }
  }

  @Test
  void preprocessingDecidesWhatIsKept() {
    try (Trainer trainer =
            builder(args())
                .preprocessLogitsForMetrics((logits, labels) -> logits.argMax(-1))
                .computeMetrics(
                    (EvalPrediction prediction) ->
                        Map.of(
                            "dimensions", (double) prediction.predictions().getShape().dimension()))
                .build();
        PredictionOutput output = trainer.predict(Datasets.of(DATA))) {
      assertThat(output.predictions().getShape()).isEqualTo(new Shape(10));
      assertThat(trainer.evaluate().metric("dimensions")).isEqualTo(1);
    }
  }

  @Test
  void metricsSeeInputsAndLossesIfAskedFor() {
    ComputeMetrics metrics =
        prediction -> {
          NDArray losses = prediction.losses();
          assertThat(prediction.inputs().keySet()).containsExactlyInAnyOrder("x", "labels");
          assertThat(prediction.inputs().get("x").getShape()).isEqualTo(new Shape(10, 6));
          assertThat(losses).isNotNull();
          return Map.of("rows", (double) losses.size());
        };
    try (Trainer trainer =
        builder(args().addIncludeForMetrics("inputs", "loss")).computeMetrics(metrics).build()) {
      assertThat(trainer.evaluate().metric("rows")).isEqualTo(10);
    }
  }

  @Test
  void labelNamesSayWhatTheModelMustNotSee() {
    Dataset<Map<String, Object>> renamed =
        Datasets.of(
            DATA.stream()
                .map(sample -> Map.of("x", sample.get("x"), "answer", sample.get("labels")))
                .toList());
    try (Trainer trainer =
            Trainer.builder(model.model(), args().addLabelNames("answer").build()).build();
        PredictionOutput output = trainer.predict(renamed)) {
      assertThat(output.allLabels().keySet()).containsExactly("answer");
      assertThat(output.metrics().get("test_loss")).isCloseTo(loss(DATA), within(1e-5));
    }
  }

  @Test
  void predictionsOfOtherLengthsAreFilledWithMinus100() {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      FunctionModel echo =
          new FunctionModel(
              Map.of("scale", manager.ones(new Shape(1))),
              manager,
              (inputs, training) -> ModelOutput.logits(inputs.get("ids").mul(1L)));
      List<Map<String, Object>> rows =
          List.of(
              Map.of("ids", new long[] {1, 2, 3}),
              Map.of("ids", new long[] {4}),
              Map.of("ids", new long[] {5, 6, 7, 8}),
              Map.of("ids", new long[] {9}),
              Map.of("ids", new long[] {10, 11}));
      try (Trainer trainer =
              Trainer.builder(echo, args().perDeviceEvalBatchSize(2).build())
                  .dataCollator(PaddingCollator.builder().sequenceFields("ids").build())
                  .build();
          PredictionOutput output = trainer.predict(Datasets.of(rows))) {
        assertThat(output.predictions().getShape()).isEqualTo(new Shape(5, 4));
        assertThat(output.predictions().toLongArray())
            .containsExactly(
                1, 2, 3, -100, 4, 0, 0, -100, 5, 6, 7, 8, 9, 0, 0, 0, 10, 11, -100, -100);
      }
    }
  }

  @Test
  void evaluatingDuringTrainingDoesNotChangeIt() {
    Map<String, List<Double>> plain;
    try (TinyModel other = new TinyModel(1, 0.3f);
        Trainer trainer =
            Trainer.builder(other.model(), args().maxSteps(6).build())
                .trainDataset(TinyData.points(22, 1))
                .build()) {
      trainer.train();
      plain = other.weights();
    }
    try (Trainer trainer =
        builder(
                args()
                    .maxSteps(6)
                    .evalStrategy(IntervalStrategy.STEPS)
                    .evalSteps(1)
                    .evalOnStart(true))
            .trainDataset(TinyData.points(22, 1))
            .computeMetrics(Metrics.accuracy())
            .build()) {
      trainer.train();
      assertThat(model.weights()).isEqualTo(plain);
    }
  }

  @Test
  void metricsAreFoundWithoutTheirPrefixWhateverItIs() {
    try (Trainer trainer = builder(args().maxSteps(1)).trainDataset(Datasets.of(DATA)).build()) {
      EvaluationOutput output = trainer.evaluate(Datasets.of(DATA), "held_out");
      assertThat(output.metric("loss")).isEqualTo(output.metrics().get("held_out_loss"));
      try (PredictionOutput predicted = trainer.predict(Datasets.of(DATA), "final")) {
        assertThat(predicted.metric("loss")).isEqualTo(predicted.metrics().get("final_loss"));
      }
      TrainOutput trained = trainer.train();
      assertThat(trained.metric("loss")).isEqualTo(trained.trainingLoss());
    }
  }

  @Test
  void evaluationDataIsEitherOneSetOrSeveralByName() {
    assertThatThrownBy(() -> builder(args()).evalDatasets(Map.of("more", Datasets.of(DATA))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("evalDatasets");
    assertThatThrownBy(
            () ->
                Trainer.builder(model.model(), args().build())
                    .evalDatasets(Map.of("some", Datasets.of(DATA)))
                    .evalDataset(Datasets.of(DATA)))
        .isInstanceOf(IllegalStateException.class);
    try (Trainer trainer = builder(args()).evalDataset(Datasets.of(DATA.subList(0, 4))).build()) {
      assertThat(trainer.evaluate().sampleCount()).isEqualTo(4);
    }
  }
}
