// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an evaluation gave.
 *
 * @param metrics values by name, prefix included, such as {@code eval_loss}
 * @param sampleCount samples evaluated
 * @param metricKeyPrefix what stands before the metrics' names and an underscore, such as {@code
 *     eval}
 */
public record EvaluationOutput(
    Map<String, Double> metrics, long sampleCount, String metricKeyPrefix) {

  /** Copies the metrics; their order is kept. */
  public EvaluationOutput {
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }

  /**
   * Returns a metric by name, with or without the prefix, such as {@code eval_}.
   *
   * @throws IllegalArgumentException if there is none; the message lists the names
   */
  public double metric(String name) {
    return MetricLookup.find(metrics, name, metricKeyPrefix + "_");
  }
}
