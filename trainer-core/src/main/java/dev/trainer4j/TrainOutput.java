// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What training gave.
 *
 * @param globalStep updates done, those before a resume included
 * @param trainingLoss mean loss over everything that ran
 * @param metrics {@code train_loss}, {@code train_runtime} (seconds of this call), {@code
 *     train_samples_per_second} and {@code train_steps_per_second} (over what this call ran), and
 *     {@code epoch}
 * @param stopReason why training ended
 */
public record TrainOutput(
    long globalStep, double trainingLoss, Map<String, Double> metrics, StopReason stopReason) {

  /** Copies the metrics; their order is kept. */
  public TrainOutput {
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }

  /**
   * Returns a metric by name, with or without the prefix {@code train_}.
   *
   * @throws IllegalArgumentException if there is none; the message lists the names
   */
  public double metric(String name) {
    return MetricLookup.find(metrics, name, "train_");
  }
}
