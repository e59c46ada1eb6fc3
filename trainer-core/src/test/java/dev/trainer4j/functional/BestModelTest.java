// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.EvaluationOutput;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import dev.trainer4j.testing.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The best model is the one whose metric is reported, wherever its evaluation fell. */
class BestModelTest {

  @TempDir Path outputDir;

  private TrainingArguments.Builder args() {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .maxSteps(9)
        .perDeviceTrainBatchSize(4)
        .learningRate(0.05)
        .evalStrategy(IntervalStrategy.STEPS)
        .evalSteps(1)
        .saveStrategy(IntervalStrategy.STEPS)
        .saveSteps(4)
        .metricForBestModel("score")
        .loadBestModelAtEnd(true);
  }

  private static Trainer.Builder builder(TinyModel model, TrainingArguments args) {
    return Trainer.builder(model.model(), args)
        .trainDataset(TinyData.points(22, 1))
        .evalDataset(TinyData.points(10, 2));
  }

  /** A metric that takes the given values, one an evaluation. */
  private static ComputeMetrics scores(double... scores) {
    Iterator<Double> next = DoubleStream.of(scores).boxed().iterator();
    return prediction -> Map.of("score", next.next());
  }

  private List<String> checkpoints() throws IOException {
    try (Stream<Path> files = Files.list(outputDir)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("checkpoint-"))
          .sorted()
          .toList();
    }
  }

  /** Remembers the weights at every evaluation. */
  private static final class Weights implements TrainerCallback {
    private final Map<Long, Map<String, List<Double>>> atStep = new HashMap<>();
    private final TinyModel model;

    Weights(TinyModel model) {
      this.model = model;
    }

    @Override
    public void onEvaluate(
        CallbackContext ctx, TrainerState state, TrainerControl control, Map<String, Double> m) {
      atStep.put(state.globalStep(), model.weights());
    }
  }

  @Test
  void endsWithTheWeightsOfAnEvaluationWhereNoSaveWasScheduled() throws IOException {
    try (TinyModel model = new TinyModel(1, 0.3f)) {
      Weights weights = new Weights(model);
      try (Trainer trainer =
          builder(model, args().build())
              .computeMetrics(scores(1, 2, 9, 3, 3, 3, 3, 3, 3))
              .callback(weights)
              .build()) {
        trainer.train();

        assertThat(model.weights()).isEqualTo(weights.atStep.get(3L));
        assertThat(model.weights()).isNotEqualTo(weights.atStep.get(9L));
        assertThat(trainer.state().bestGlobalStep()).isEqualTo(3);
        assertThat(trainer.state().bestMetric()).isEqualTo(9);
        assertThat(trainer.state().bestModelCheckpoint()).endsWith("checkpoint-3");
        assertThat(checkpoints())
            .containsExactly(
                "checkpoint-1",
                "checkpoint-2",
                "checkpoint-3",
                "checkpoint-4",
                "checkpoint-8",
                "checkpoint-9");
      }
    }
  }

  @Test
  void reportsTheMetricThatItsWeightsReallyHave() {
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            builder(model, args().metricForBestModel("loss").learningRate(0.5).build())
                .computeMetrics(Metrics.accuracy())
                .build()) {
      trainer.train();
      Double best = trainer.state().bestMetric();

      EvaluationOutput again = trainer.evaluate();

      assertThat(again.metrics()).containsEntry("eval_loss", best);
      assertThat(trainer.state().logHistory())
          .filteredOn(line -> line.value("eval_loss").isPresent())
          .allSatisfy(
              line ->
                  assertThat(line.value("eval_loss").getAsDouble()).isGreaterThanOrEqualTo(best));
    }
  }

  @Test
  void keepsTheBestBesideTheNewestOnes() throws IOException {
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            builder(model, args().saveTotalLimit(2).saveSteps(1).build())
                .computeMetrics(scores(1, 2, 9, 3, 3, 3, 3, 3, 3))
                .build()) {
      trainer.train();
      assertThat(checkpoints()).containsExactly("checkpoint-3", "checkpoint-9");
    }
  }

  @Test
  void limitsCheckpointsToTheNewestOfThisRun() throws IOException {
    for (int maxSteps : new int[] {9, 3}) {
      try (TinyModel model = new TinyModel(1, 0.3f);
          Trainer trainer =
              builder(
                      model,
                      args()
                          .maxSteps(maxSteps)
                          .saveTotalLimit(2)
                          .saveSteps(1)
                          .loadBestModelAtEnd(false)
                          .build())
                  .computeMetrics(scores(1, 1, 1, 1, 1, 1, 1, 1, 1))
                  .build()) {
        trainer.train();
      }
    }
    // The shorter second run's own last save stands, though older ones have higher numbers.
    assertThat(checkpoints()).contains("checkpoint-3");
  }

  @Test
  void aMetricThatIsNotANumberIsNeverTheBest() {
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            builder(model, args().build())
                .computeMetrics(scores(Double.NaN, 2, 1, Double.NaN, 3, 2, 2, 2, Double.NaN))
                .build()) {
      trainer.train();
      assertThat(trainer.state().bestMetric()).isEqualTo(3);
      assertThat(trainer.state().bestGlobalStep()).isEqualTo(5);
    }
  }

  @Test
  void aResumedRunFindsTheBestModelOfItsPast() {
    Path first = outputDir.resolve("first");
    Path second = outputDir.resolve("second");
    Map<String, List<Double>> best;
    try (TinyModel model = new TinyModel(1, 0.3f)) {
      Weights weights = new Weights(model);
      try (Trainer trainer =
          builder(model, args().outputDir(first).loadBestModelAtEnd(false).saveSteps(1).build())
              .computeMetrics(scores(1, 2, 9, 3, 3, 3, 3, 3, 3))
              .callback(weights)
              .build()) {
        trainer.train();
        best = weights.atStep.get(3L);
      }
    }
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            builder(model, args().outputDir(second).build())
                .computeMetrics(scores(3, 3, 3, 3))
                .build()) {
      trainer.train(ResumeFrom.path(first.resolve("checkpoint-5")));
      assertThat(Values.of(model.parameters())).isEqualTo(best);
    }
  }
}
