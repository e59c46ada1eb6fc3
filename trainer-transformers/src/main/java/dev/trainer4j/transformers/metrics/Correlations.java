// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.metrics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.metrics.ComputeMetrics;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.apache.commons.math3.stat.correlation.SpearmansCorrelation;

/** Correlations of predicted numbers with labels, computed by Apache Commons Math. */
public final class Correlations {

  private Correlations() {}

  /**
   * Returns {@code pearson} and {@code spearman}; NaN where all predictions or all labels are equal.
   * Predictions have one number a label.
   */
  public static ComputeMetrics pearsonAndSpearman() {
    return prediction -> of(numbers(prediction.predictions()), numbers(prediction.labelIds()));
  }

  /**
   * Correlates two lists.
   *
   * @throws IllegalArgumentException if they are not equally long, or shorter than 2
   */
  public static Map<String, Double> of(double[] predictions, double[] labels) {
    if (predictions.length != labels.length || labels.length < 2) {
      throw new IllegalArgumentException(
          "there are "
              + predictions.length
              + " predictions and "
              + labels.length
              + " labels: expected one prediction a label, and at least 2.");
    }
    Map<String, Double> result = new LinkedHashMap<>();
    result.put("pearson", new PearsonsCorrelation().correlation(predictions, labels));
    result.put("spearman", new SpearmansCorrelation().correlation(predictions, labels));
    return result;
  }

  private static double[] numbers(NDArray array) {
    return array.toType(DataType.FLOAT64, false).flatten().toDoubleArray();
  }
}
