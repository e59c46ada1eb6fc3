// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.metrics;

import java.util.Map;
import java.util.Set;

/**
 * Metrics that read an evaluation batch by batch and keep no predictions.
 *
 * <p>An evaluation with such a metric needs memory for one batch, however large the data set.
 */
@FunctionalInterface
public interface StreamingMetrics {

  /** Starts an evaluation. */
  Accumulator start();

  /**
   * Returns the names of the values, where they are always the same: then a {@code metricForBestModel} that is
   * none of them is refused before anything is trained.
   *
   * @return empty, the default, if they are not known beforehand
   */
  default Set<String> names() {
    return Set.of();
  }

  /** Returns {@code metrics} with the names of its values, as {@link #names}. */
  static StreamingMetrics named(StreamingMetrics metrics, String... names) {
    Set<String> all = Set.of(names);
    return new StreamingMetrics() {
      @Override
      public Accumulator start() {
        return metrics.start();
      }

      @Override
      public Set<String> names() {
        return all;
      }
    };
  }

  /** One evaluation in progress. */
  interface Accumulator {

    /** Takes in one batch. */
    void add(EvalPrediction batch);

    /** Returns values by name over everything added. */
    Map<String, Double> result();
  }
}
