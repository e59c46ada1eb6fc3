// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.metrics.Classification.Average;
import dev.trainer4j.testing.TestDevice;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Figures of scikit-learn 1.x, of the same numbers. */
class MetricsTest {

  private static final Offset<Double> EPS = within(1e-9);

  /** Probabilities are taken of float32 logits. */
  private static final float[] MULTI_LABEL = {
    1, -2, .3f, -.5f, .4f, -.1f, 2, 1, -1, -.2f, -.3f, .6f, .1f, -.7f, -.9f
  };

  private static final float[] HELD = {1, 0, 1, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0};

  private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");

  @AfterEach
  void close() {
    manager.close();
  }

  private static EvalPrediction batch(NDArray predictions, NDArray labels) {
    return new EvalPrediction(
        Map.of("logits", predictions), Map.of("labels", labels), Map.of(), null);
  }

  /** In two batches, because no figure may depend on how samples are split. */
  private static Map<String, Double> result(
      StreamingMetrics metrics, NDArray logits, NDArray labels) {
    StreamingMetrics.Accumulator accumulator = metrics.start();
    accumulator.add(batch(logits.get(":2"), labels.get(":2")));
    accumulator.add(batch(logits.get("2:"), labels.get("2:")));
    return accumulator.result();
  }

  @ParameterizedTest
  @CsvSource({
    "MICRO,    .5, .2, .7142857142857143, .7142857142857143, .7142857142857143",
    "MACRO,    .5, .2, .7222222222222222, .7777777777777777, .7111111111111111",
    "WEIGHTED, .5, .2, .7857142857142857, .7142857142857143, .7238095238095238",
    "MICRO,    .6, .2, .75,               .42857142857142855, .5454545454545454",
    "MACRO,    .6, .2, .6666666666666666, .3333333333333333, .43333333333333335",
    "WEIGHTED, .6, .2, .8571428571428571, .42857142857142855, .5571428571428572"
  })
  void labelsThatHoldTogetherHaveTheFiguresOfScikitLearn(
      Average average,
      double threshold,
      double accuracy,
      double precision,
      double recall,
      double f1) {
    NDArray logits = manager.create(MULTI_LABEL, new Shape(5, 3));
    NDArray labels = manager.create(HELD, new Shape(5, 3));
    Map<String, Double> figures = result(Metrics.multiLabel(average, threshold), logits, labels);
    assertThat(figures.get("accuracy")).isEqualTo(accuracy, EPS);
    assertThat(figures.get("precision")).isEqualTo(precision, EPS);
    assertThat(figures.get("recall")).isEqualTo(recall, EPS);
    assertThat(figures.get("f1")).isEqualTo(f1, EPS);
  }

  @Test
  void theAreaUnderTheCurveOfTwoClassesCountsTiesAsHalf() {
    float[] logits = {1.2f, -.3f, .1f, .4f, -.5f, .5f, 2, -1, 0, 0, .3f, .2f, .4f, .4f};
    NDArray labels = manager.create(new long[] {0, 1, 1, 0, 1, 1, 0});
    NDArray both = manager.create(logits, new Shape(7, 2));
    assertThat(result(Metrics.rocAuc(), both, labels)).containsEntry("roc_auc", .875);
    NDArray single = both.get(":, 1:2").sub(both.get(":, 0:1"));
    assertThat(result(Metrics.rocAuc(), single, labels)).containsEntry("roc_auc", .875);
  }

  @Test
  void ofMoreClassesAndOfLabelsTheAreaIsTheMean() {
    float[] logits = {
      .9f, .1f, -.4f, .2f, .7f, .1f, -.3f, .4f, .8f, 1.1f, 1, .2f, .1f, -.2f, .3f, .5f, .6f, .4f
    };
    NDArray three = manager.create(logits, new Shape(6, 3));
    NDArray labels = manager.create(new long[] {0, 1, 2, 1, 0, 2});
    assertThat(result(Metrics.rocAuc(), three, labels).get("roc_auc"))
        .isEqualTo(.9166666666666666, EPS);
    NDArray multi = manager.create(MULTI_LABEL, new Shape(5, 3));
    assertThat(
            result(Metrics.rocAuc(), multi, manager.create(HELD, new Shape(5, 3))).get("roc_auc"))
        .isEqualTo(.861111111111111, EPS);
  }

  @Test
  void whereAClassNeverAppearsThereIsNoArea() {
    NDArray logits = manager.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(3, 2));
    NDArray labels = manager.create(new long[] {1, 1, 1});
    assertThat(result(Metrics.rocAuc(), logits, labels).get("roc_auc")).isNaN();
  }

  @Test
  void errorsOfNumbersAreThoseOfScikitLearn() {
    NDArray guesses = manager.create(new float[] {2.5f, 0, 2, 8}, new Shape(4, 1));
    NDArray targets = manager.create(new float[] {3, -.5f, 2, 7});
    Map<String, Double> figures = result(Metrics.regression(), guesses, targets);
    assertThat(figures.get("mse")).isEqualTo(.375, EPS);
    assertThat(figures.get("rmse")).isEqualTo(Math.sqrt(.375), EPS);
    assertThat(figures.get("mae")).isEqualTo(.5, EPS);
    assertThat(figures.get("r2")).isEqualTo(.9486081370449679, EPS);
  }

  @Test
  void severalMetricsAreOne() {
    NDArray logits = manager.create(new float[] {2, 1, 0, 3, 5, 1}, new Shape(3, 2));
    NDArray labels = manager.create(new long[] {0, 1, 1});
    StreamingMetrics all =
        Metrics.all(Metrics.classification(Average.MACRO), Metrics.rocAuc(), Metrics.accuracy());
    assertThat(result(all, logits, labels))
        .containsKeys("f1", "matthews", "roc_auc")
        .containsEntry("accuracy", 2 / 3.0);
  }

  @Test
  void shapesThatDoNotFitAreToldWithBoth() {
    NDArray logits = manager.create(new float[6], new Shape(3, 2));
    NDArray labels = manager.create(new long[4]);
    assertThatThrownBy(() -> Metrics.rocAuc().start().add(batch(logits, labels)))
        .hasMessageContaining("(4)")
        .hasMessageContaining("(3, 2)");
    assertThatThrownBy(
            () -> Metrics.multiLabel(Average.MACRO, .5).start().add(batch(logits, labels)))
        .hasMessageContaining("[samples, labels]");
    assertThatThrownBy(() -> Metrics.multiLabel(Average.BINARY, .5)).hasMessageContaining("BINARY");
    assertThatThrownBy(() -> Metrics.multiLabel(Average.MACRO, 1))
        .hasMessageContaining("threshold");
  }
}
