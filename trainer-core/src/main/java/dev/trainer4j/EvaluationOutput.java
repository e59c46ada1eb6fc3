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
 */
public record EvaluationOutput(Map<String, Double> metrics, long sampleCount) {

  /** Copies the metrics; their order is kept. */
  public EvaluationOutput {
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }

  /**
   * Returns a metric by name, with or without its prefix.
   *
   * @throws IllegalArgumentException if there is none; the message lists the names
   */
  public double metric(String name) {
    Double value = metrics.get(name);
    if (value == null) {
      value = metrics.get("eval_" + name);
    }
    if (value == null) {
      throw new IllegalArgumentException("no metric '" + name + "'; there are " + metrics.keySet());
    }
    return value;
  }
}
