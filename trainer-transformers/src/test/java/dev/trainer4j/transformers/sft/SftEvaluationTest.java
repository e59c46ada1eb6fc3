// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.trainer4j.EvaluationOutput;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a fine-tuning trainer measures, and what it keeps by it. */
class SftEvaluationTest extends SftRuns {

  @ParameterizedTest
  @CsvSource({"true,false", "false,true", "true,true"})
  void evaluationDataIsPreparedAndMeasuredAsTrainingDataIs(boolean packing, boolean evalPacking)
      throws IOException {
    SftArguments args =
        arguments(t -> t.maxSteps(2).evalStrategy(IntervalStrategy.STEPS).evalSteps(1))
            .packing(packing)
            .evalPacking(evalPacking)
            .maxLength(64)
            .build();
    try (PretrainedModel base = model();
        SftTrainer trainer =
            SftTrainer.builder(base, args)
                .trainDataset(texts())
                .evalDatasets(Map.of("a", texts(), "b", texts().range(0, 5)))
                .build()) {
      trainer.train();
      Map<String, Double> line = lines(trainer, "eval_a_loss").get(1);
      EvaluationOutput other = trainer.evaluate(texts());

      assertThat(line).containsKeys("eval_a_entropy", "eval_a_mean_token_accuracy");
      assertThat(line.get("eval_a_num_tokens"))
          .isEqualTo(lines(trainer, "loss").get(1).get("num_tokens"));
      assertThat(other.metric("loss")).isCloseTo(line.get("eval_a_loss"), within(1e-6));
    }
  }

  @Test
  void theBestAdapterIsLoadedAtTheEnd() throws IOException {
    SftArguments args =
        arguments(
                t ->
                    t.maxSteps(3)
                        .learningRate(10)
                        .evalStrategy(IntervalStrategy.STEPS)
                        .evalSteps(1)
                        .saveStrategy(IntervalStrategy.STEPS)
                        .saveSteps(1)
                        .metricForBestModel("mean_token_accuracy")
                        .loadBestModelAtEnd(true))
            .build();
    try (PretrainedModel base = model();
        SftTrainer trainer =
            SftTrainer.builder(base, args)
                .peft(lora())
                .trainDataset(texts())
                .evalDataset(texts())
                .build()) {
      trainer.train();

      double best =
          lines(trainer, "eval_loss").stream()
              .mapToDouble(line -> line.get("eval_mean_token_accuracy"))
              .max()
              .orElseThrow();
      assertThat(trainer.evaluate().metric("mean_token_accuracy")).isEqualTo(best);
    }
  }

  @Test
  void predictionsAndMetricsSeeLogitsWhateverTheLoss() throws IOException {
    try (PretrainedModel base = model();
        SftTrainer trainer =
            SftTrainer.builder(base, arguments(t -> t).build())
                .trainDataset(texts())
                .computeMetrics(
                    prediction ->
                        Map.of("width", (double) prediction.predictions().getShape().get(2)))
                .build();
        PredictionOutput predictions = trainer.predict(texts().range(0, 3))) {
      assertThat(predictions.predictions().getShape().get(2)).isEqualTo(320);
      assertThat(predictions.metrics().get("test_width")).isEqualTo(320);
      assertThat(predictions.metrics()).containsKey("test_entropy");
    }
  }
}
