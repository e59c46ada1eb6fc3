// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.metrics;

import java.util.Map;

/**
 * Metrics that read an evaluation batch by batch and keep no predictions.
 *
 * <p>An evaluation with such a metric needs memory for one batch, however large the data set.
 */
@FunctionalInterface
public interface StreamingMetrics {

  /** Starts an evaluation. */
  Accumulator start();

  /** One evaluation in progress. */
  interface Accumulator {

    /** Takes in one batch. */
    void add(EvalPrediction batch);

    /** Returns values by name over everything added. */
    Map<String, Double> result();
  }
}
