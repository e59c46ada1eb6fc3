// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.metrics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.types.DataType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Ready-made metrics. */
public final class Metrics {

  private static final long IGNORED = -100;

  private Metrics() {}

  /**
   * Returns {@code accuracy}: the share of labels that equal the arg max of the logits.
   *
   * <p>Logits have shape [..., classes], labels [...]; labels of -100 do not count.
   */
  public static StreamingMetrics accuracy() {
    return StreamingMetrics.named(Accuracy::new, "accuracy");
  }

  /**
   * Returns {@code accuracy}, {@code precision}, {@code recall}, {@code f1} and {@code matthews} of classes: see {@link
   * Classification}.
   */
  public static StreamingMetrics classification(Classification.Average average) {
    return Classification.of(average);
  }

  /**
   * Returns {@code accuracy}, {@code precision}, {@code recall} and {@code f1} of labels that may hold together:
   * scikit-learn's figures with {@code zero_division=0}. Accuracy is the share of samples all of whose labels are right.
   *
   * @param average MACRO, MICRO or WEIGHTED
   * @param threshold the probability from which a label is taken to hold, often 0.5
   */
  public static StreamingMetrics multiLabel(Classification.Average average, double threshold) {
    return new MultiLabel(average, threshold);
  }

  /**
   * Returns {@code roc_auc}, scikit-learn's {@code roc_auc_score}: of two classes, or of one logit a sample, that of label
   * 1; of more classes the mean of each against the rest ({@code multi_class="ovr"}); of labels that may hold together the
   * mean over them. NaN where a class appears in no sample or in all. It keeps 9 bytes for each sample and class.
   */
  public static StreamingMetrics rocAuc() {
    return new RocAuc();
  }

  /**
   * Returns {@code mse}, {@code rmse}, {@code mae} and {@code r2} of numbers; {@code r2} is NaN where all targets are
   * equal.
   */
  public static StreamingMetrics regression() {
    return new Regression();
  }

  /**
   * Returns the figures of several metrics; of two of one name the first counts.
   *
   * <pre>{@code Metrics.all(Metrics.classification(MACRO), Metrics.rocAuc())}</pre>
   */
  public static StreamingMetrics all(StreamingMetrics... metrics) {
    List<StreamingMetrics> parts = List.of(metrics);
    return () -> new Together(parts.stream().map(StreamingMetrics::start).toList());
  }

  private record Together(List<StreamingMetrics.Accumulator> parts)
      implements StreamingMetrics.Accumulator {

    @Override
    public void add(EvalPrediction batch) {
      parts.forEach(part -> part.add(batch));
    }

    @Override
    public Map<String, Double> result() {
      Map<String, Double> all = new LinkedHashMap<>();
      parts.forEach(part -> part.result().forEach(all::putIfAbsent));
      return all;
    }
  }

  private static final class Accuracy implements StreamingMetrics.Accumulator {
    private long correct;
    private long counted;

    @Override
    public void add(EvalPrediction batch) {
      NDArray labels = batch.labelIds().toType(DataType.INT64, false);
      NDArray guesses = batch.predictions().argMax(-1).toType(DataType.INT64, false);
      if (!guesses.getShape().equals(labels.getShape())) {
        throw new IllegalArgumentException(
            "accuracy compares labels of shape "
                + labels.getShape()
                + " with predictions of shape "
                + batch.predictions().getShape()
                + "; expected the shape of the labels and one dimension of classes behind it");
      }
      NDArray counts = labels.neq(IGNORED);
      correct += NDArrays.logicalAnd(guesses.eq(labels), counts).sum().toLongArray()[0];
      counted += counts.sum().toLongArray()[0];
    }

    @Override
    public Map<String, Double> result() {
      return Map.of("accuracy", counted == 0 ? Double.NaN : (double) correct / counted);
    }
  }
}
