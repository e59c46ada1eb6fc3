// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.metrics.StreamingMetrics;
import java.util.Map;

/** Metrics of one's own. */
public final class OwnMetrics {

  private OwnMetrics() {}

  /** Return a metric over all predictions at once. */
  public static ComputeMetrics whole() {
    // docs: whole
    ComputeMetrics accuracy =
        prediction -> {
          NDArray guesses = prediction.predictions().argMax(-1);
          NDArray hits = guesses.eq(prediction.labelIds());
          return Map.of("accuracy", (double) hits.sum().getLong() / hits.size());
        };
    // end docs
    return accuracy;
  }

  // docs: streaming
  /** How far the predictions are from the targets; keeps two numbers, however large the data. */
  public static final class MeanAbsoluteError implements StreamingMetrics.Accumulator {
    private double sum;
    private long count;

    @Override
    public void add(EvalPrediction batch) {
      NDArray errors = batch.predictions().sub(batch.labelIds()).abs();
      sum += errors.sum().getFloat();
      count += errors.size();
    }

    @Override
    public Map<String, Double> result() {
      return Map.of("mae", sum / count);
    }
  }

  public static StreamingMetrics meanAbsoluteError() {
    return MeanAbsoluteError::new; // one for each evaluation
  }
  // end docs
}
