// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.EvaluationOutput;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.metrics.StreamingMetrics;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.testing.CapturedLog;
import dev.trainer4j.testing.TinyData;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an evaluation will lack is said before anything has been trained. */
class EvaluationForecastTest {

  @TempDir Path outputDir;

  private TrainingArguments.Builder args() {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .numTrainEpochs(2)
        .perDeviceTrainBatchSize(4)
        .perDeviceEvalBatchSize(8)
        .useCpu(true)
        .evalStrategy(IntervalStrategy.EPOCH)
        .saveStrategy(IntervalStrategy.NO);
  }

  private static Trainer.Builder trainer(TrainingArguments.Builder args) {
    SequentialBlock block = new SequentialBlock().add(Linear.builder().setUnits(3).build());
    return Trainer.builder(block, args.build())
        .trainDataset(TinyData.points(8, 1))
        .evalDataset(TinyData.points(8, 2));
  }

  private static void assertRefusedBeforeTraining(Trainer.Builder builder, String... words) {
    try (Trainer trainer = builder.build()) {
      Throwable failure = catchThrowable(trainer::train);
      assertThat(failure).isInstanceOf(IllegalArgumentException.class);
      assertThat(failure.getMessage()).contains(words);
      assertThat(trainer.state().globalStep()).isZero();
    }
  }

  private static void assertTrains(Trainer.Builder builder) {
    try (Trainer trainer = builder.build()) {
      assertThat(trainer.train().globalStep()).isEqualTo(4);
    }
  }

  private static Dataset<Map<String, Object>> unlabelled() {
    return TinyData.points(8, 3).map(sample -> Map.of("x", sample.get("x")));
  }

  private static Map<String, DataSource<?>> sets(String name, DataSource<?> data) {
    Map<String, DataSource<?>> sets = new LinkedHashMap<>();
    sets.put("good", TinyData.points(8, 2));
    sets.put(name, data);
    return sets;
  }

  private static Trainer.Builder named(
      TrainingArguments.Builder args, String name, DataSource<?> data) {
    SequentialBlock block = new SequentialBlock().add(Linear.builder().setUnits(3).build());
    return Trainer.builder(block, args.build())
        .trainDataset(TinyData.points(8, 1))
        .evalDatasets(sets(name, data));
  }

  // ---------------------------------------------------------------------------------------- data

  @Test
  void allOfTheDataDropped() {
    String[] words = {"7 samples", "dataloaderDropLast drops", "batch size is 8"};
    assertRefusedBeforeTraining(
        trainer(args().dataloaderDropLast(true)).evalDataset(TinyData.points(7, 2)), words);
    assertRefusedBeforeTraining(
        named(args().dataloaderDropLast(true), "small", TinyData.points(7, 2)),
        "the data set 'small' of evalDatasets has 7 samples");
    try (Trainer trainer =
        trainer(args().dataloaderDropLast(true)).evalDataset(TinyData.points(7, 2)).build()) {
      assertThatThrownBy(trainer::evaluate).message().contains(words).doesNotContain("empty");
    }
    assertTrains(trainer(args().dataloaderDropLast(true)));
  }

  @Test
  void noData() {
    assertRefusedBeforeTraining(
        named(args(), "none", Datasets.of(List.of())),
        "the data set 'none' of evalDatasets is empty");
  }

  @Test
  void samplesThatMakeNoBatch() {
    assertThatThrownBy(
            () -> {
              try (Trainer trainer =
                  trainer(args()).evalDataset(Datasets.of(List.of("a text"))).build()) {
                trainer.train();
              }
            })
        .hasMessageContaining("pass a dataCollator");
  }

  @Test
  void metricsWithoutLabels() {
    assertRefusedBeforeTraining(
        trainer(args()).evalDataset(unlabelled()).computeMetrics(Metrics.accuracy()),
        "computeMetrics would never run",
        "evalDataset has no labels of the names [labels]",
        "{x(8, 6) float32}",
        "labelNames");
    assertRefusedBeforeTraining(
        named(args(), "bare", unlabelled()).computeMetrics(prediction -> Map.of("f1", 1.0)),
        "computeMetrics would never run",
        "the data set 'bare' of evalDatasets");
  }

  @Test
  void noLossToChooseTheBestModelBy() {
    assertRefusedBeforeTraining(
        trainer(args().loadBestModelAtEnd(true)).evalDataset(unlabelled()),
        "no loss",
        "which model is the best",
        "has no labels");
  }

  @Test
  void noLossThatNobodyNeedsIsAWarning() {
    try (CapturedLog log = new CapturedLog(Trainer.class)) {
      assertTrains(trainer(args()).evalDataset(unlabelled()));
      assertThat(log.warnings())
          .anySatisfy(
              warning ->
                  assertThat(warning).contains("Evaluations will have no loss", "no labels"));
    }
  }

  @Test
  void labelsThatALossFunctionDoesWithoutAreNotMissed() {
    assertTrains(
        trainer(args().loadBestModelAtEnd(true))
            .evalDataset(unlabelled())
            .computeLossFunc((outputs, inputs) -> LossOutput.mean(outputs.logits().mean())));
  }

  @Test
  void labelsThatTheLossOfASubclassDoesWithoutAreNotMissed() {
    Trainer.Builder builder =
        trainer(args().loadBestModelAtEnd(true).metricForBestModel("size"))
            .evalDataset(unlabelled());
    try (Trainer trainer = new SizeTrainer(builder)) {
      trainer.train();

      assertThat(trainer.evaluate().metrics()).containsKeys("eval_loss", "eval_size");
      try (PredictionOutput predictions = trainer.predict(unlabelled())) {
        assertThat(predictions.metrics()).doesNotContainKey("test_loss");
      }
    }
  }

  /** Learns without labels. */
  private static final class SizeTrainer extends Trainer {
    SizeTrainer(Builder builder) {
      super(builder);
    }

    @Override
    protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
      ModelOutput outputs = model.forward(inputs, isTraining());
      NDArray size = outputs.logits().square().sum();
      return LossOutput.of(size, (double) outputs.logits().size()).part("size", size);
    }
  }

  @Test
  void nothingIsReadWhereNothingIsEvaluated() {
    assertTrains(trainer(args().evalStrategy(IntervalStrategy.NO)).evalDataset(unlabelled()));
  }

  // --------------------------------------------------------------------------------- the metric

  @Test
  void aMetricThatNoEvaluationGives() {
    assertRefusedBeforeTraining(
        trainer(args().metricForBestModel("f1")).computeMetrics(Metrics.accuracy()),
        "metricForBestModel is 'f1'",
        "eval_accuracy",
        "eval_loss",
        "computeMetrics");
    assertRefusedBeforeTraining(
        trainer(args().metricForBestModel("eval_accuracy")),
        "metricForBestModel is 'eval_accuracy'");
    assertTrains(trainer(args().metricForBestModel("accuracy")).computeMetrics(Metrics.accuracy()));
  }

  @Test
  void theLossOfSeveralDataSets() {
    assertRefusedBeforeTraining(
        named(args().loadBestModelAtEnd(true), "other", TinyData.points(8, 3)),
        "metricForBestModel is not set, which means loss",
        "eval_good_loss",
        "[good, other]");
    assertRefusedBeforeTraining(
        named(
            args().lrSchedulerType(SchedulerType.REDUCE_LR_ON_PLATEAU).metricForBestModel("loss"),
            "other",
            TinyData.points(8, 3)),
        "metricForBestModel is 'loss'",
        "eval_good_loss");
    assertRefusedBeforeTraining(
        named(args().metricForBestModel("other_f1"), "other", TinyData.points(8, 3))
            .computeMetrics(Metrics.accuracy()),
        "metricForBestModel is 'other_f1'",
        "eval_other_accuracy");
    assertTrains(
        named(args().metricForBestModel("eval_other_loss"), "other", TinyData.points(8, 3)));
  }

  @Test
  void aPartOfALossOfOnesOwnIsAMetric() {
    assertTrains(
        trainer(args().metricForBestModel("size").greaterIsBetter(false))
            .computeLossFunc(
                (outputs, inputs) -> {
                  LossOutput loss = Losses.crossEntropy(outputs.logits(), inputs.get("labels"));
                  return loss.part("size", outputs.logits().abs().sum());
                }));
  }

  @Test
  void metricsThatDoNotSayTheirNamesAreLeftToTheFirstEvaluation() {
    StreamingMetrics unnamed = () -> Metrics.accuracy().start();
    assertThat(unnamed.names()).isEmpty();
    assertTrains(trainer(args().metricForBestModel("accuracy")).computeMetrics(unnamed));
  }

  @Test
  void aClassThatEvaluatesInItsOwnWayNamesItsOwnMetrics() {
    final class Own extends Trainer {
      Own(Builder builder) {
        super(builder);
      }

      @Override
      public EvaluationOutput evaluate() {
        return new EvaluationOutput(Map.of("eval_own", 1.0), 8, "eval");
      }
    }
    try (Trainer trainer = new Own(trainer(args().metricForBestModel("own")))) {
      assertThat(trainer.train().globalStep()).isEqualTo(4);
    }
  }

  // ------------------------------------------------------------------------ without a training

  @Test
  void metricsThatWereNotCalledAreTold() {
    try (CapturedLog log = new CapturedLog(Trainer.class);
        Trainer trainer = trainer(args()).computeMetrics(Metrics.accuracy()).build()) {
      trainer.evaluate();
      trainer.predict(unlabelled()).close(); // Who predicts has no labels.
      assertThat(log.warnings()).isEmpty();
      trainer.evaluate(unlabelled());
      assertThat(log.warnings())
          .singleElement()
          .asString()
          .contains("computeMetrics was not called", "no labels", "labelNames");
    }
  }
}
