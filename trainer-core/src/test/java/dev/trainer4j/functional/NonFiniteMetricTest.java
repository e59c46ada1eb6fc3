// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static java.lang.Double.NEGATIVE_INFINITY;
import static java.lang.Double.NaN;
import static java.lang.Double.POSITIVE_INFINITY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.state.TrainerStateJson;
import dev.trainer4j.testing.CapturedLog;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The best metric of evaluations that give no number, or none at first. What is expected is what Hugging
 * Face's Trainer does: it begins with an infinite one and takes what is greater, or less.
 */
class NonFiniteMetricTest {

  @TempDir Path folder;

  private TrainingArguments.Builder args(boolean greaterIsBetter) {
    return TrainingArguments.builder()
        .outputDir(folder)
        .maxSteps(4)
        .perDeviceTrainBatchSize(4)
        .evalStrategy(IntervalStrategy.STEPS)
        .evalSteps(1)
        .saveStrategy(IntervalStrategy.STEPS)
        .saveSteps(1)
        .metricForBestModel("score")
        .greaterIsBetter(greaterIsBetter)
        .loadBestModelAtEnd(true);
  }

  private static ComputeMetrics scores(double... scores) {
    Iterator<Double> next = Arrays.stream(scores).iterator();
    return prediction -> Map.of("score", next.next());
  }

  private TrainerState train(TrainingArguments args, ResumeFrom from, double... scores) {
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            Trainer.builder(model.model(), args)
                .trainDataset(TinyData.points(22, 1))
                .evalDataset(TinyData.points(10, 2))
                .computeMetrics(scores(scores))
                .build()) {
      trainer.train(from);
      return trainer.state();
    }
  }

  static Stream<Arguments> sequences() {
    return Stream.of(
        // scores, greater is better, best metric, its step (0 for none)
        Arguments.of(List.of(NaN, NaN, NaN, NaN), true, NEGATIVE_INFINITY, 0),
        Arguments.of(List.of(NaN, NaN, NaN, NaN), false, POSITIVE_INFINITY, 0),
        Arguments.of(List.of(NaN, 0.5, NaN, 0.25), true, 0.5, 2),
        Arguments.of(List.of(NaN, 0.5, NaN, 0.25), false, 0.25, 4),
        Arguments.of(List.of(0.5, NaN, NaN, NaN), true, 0.5, 1),
        Arguments.of(List.of(POSITIVE_INFINITY, 0.5, NaN, 0.25), true, POSITIVE_INFINITY, 1),
        Arguments.of(List.of(POSITIVE_INFINITY, 0.5, NaN, 0.25), false, 0.25, 4),
        Arguments.of(List.of(0.5, NEGATIVE_INFINITY, NaN, 0.25), false, NEGATIVE_INFINITY, 2),
        Arguments.of(
            List.of(NEGATIVE_INFINITY, NEGATIVE_INFINITY, NaN, NaN), true, NEGATIVE_INFINITY, 0));
  }

  @ParameterizedTest
  @MethodSource("sequences")
  void isNeverTheBestUnlessItIsInfinitelyGood(
      List<Double> scores, boolean greaterIsBetter, double best, long step) {
    TrainerState state =
        train(
            args(greaterIsBetter).build(),
            ResumeFrom.never(),
            scores.stream().mapToDouble(x -> x).toArray());

    assertThat(state.bestMetric()).isEqualTo(best);
    assertThat(state.bestGlobalStep()).isEqualTo(step == 0 ? null : step);
  }

  @Test
  void theWarningOfARunWithoutANumberSaysThatThereWasNone() {
    try (CapturedLog log = new CapturedLog(Trainer.class)) {
      train(args(true).build(), ResumeFrom.never(), NaN, NaN, NaN, NaN);

      assertThat(log.warnings())
          .filteredOn(line -> line.contains("loadBestModelAtEnd"))
          .singleElement()
          .asString()
          .contains("in no evaluation score was a finite number")
          .doesNotContain("no evaluation took place");
    }
  }

  @Test
  void theWarningOfARunWithoutAnEvaluationSaysThatThereWasNone() {
    try (CapturedLog log = new CapturedLog(Trainer.class)) {
      train(args(true).evalSteps(9).evalDelay(9).build(), ResumeFrom.never());

      assertThat(log.warnings())
          .filteredOn(line -> line.contains("loadBestModelAtEnd"))
          .singleElement()
          .asString()
          .contains("no evaluation took place");
    }
  }

  @Test
  void aResumedRunKnowsThatThereWasAnEvaluation() throws IOException {
    train(args(false).maxSteps(2).build(), ResumeFrom.never(), NaN, NaN);
    String json = Files.readString(folder.resolve("checkpoint-2/trainer_state.json"));
    assertThat(json).contains("\"best_metric\": \"Infinity\",");
    assertThat(TrainerStateJson.read(json, "state").bestMetric()).isEqualTo(POSITIVE_INFINITY);

    TrainerState state = train(args(false).build(), ResumeFrom.latest(), 3, NaN);

    assertThat(state.bestMetric()).isEqualTo(3);
    assertThat(state.bestGlobalStep()).isEqualTo(3);
  }
}
