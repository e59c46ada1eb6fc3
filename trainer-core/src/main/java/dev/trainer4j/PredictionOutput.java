// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.evaluation.EvaluationResult;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a prediction gave, on the CPU.
 *
 * <p>The arrays live until this is closed, or the trainer is. Where batches had other lengths, the
 * missing places are -100.
 */
public final class PredictionOutput implements AutoCloseable {

  private final NDManager owner;
  private final Map<String, NDArray> predictions;
  private final Map<String, NDArray> labels;
  private final Map<String, Double> metrics;
  private final String metricKeyPrefix;

  PredictionOutput(EvaluationResult result, String metricKeyPrefix) {
    owner = result.owner();
    predictions = Collections.unmodifiableMap(new LinkedHashMap<>(result.predictions()));
    labels = Collections.unmodifiableMap(new LinkedHashMap<>(result.labels()));
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(result.metrics()));
    this.metricKeyPrefix = metricKeyPrefix;
  }

  /** Returns the first output of the model, in most models the logits, shape [samples, ...]. */
  public NDArray predictions() {
    return predictions.values().stream()
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "no predictions were kept: predictionLossOnly is on, ignoreKeys names all"
                        + " outputs, or the model gave none"));
  }

  /** Returns all outputs by name; what is one value for a batch has shape [batches]. */
  public Map<String, NDArray> allPredictions() {
    return predictions;
  }

  /** Returns the first label array, shape [samples, ...]. */
  public NDArray labelIds() {
    return labels.values().stream()
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("the data has no labels"));
  }

  /** Returns all labels by name, empty for data without labels. */
  public Map<String, NDArray> allLabels() {
    return labels;
  }

  /** Returns loss, metrics and speed by name, prefix included. */
  public Map<String, Double> metrics() {
    return metrics;
  }

  /**
   * Returns a metric by name, with or without the prefix, such as {@code test_}.
   *
   * @throws IllegalArgumentException if there is none; the message lists the names
   */
  public double metric(String name) {
    return MetricLookup.find(metrics, name, metricKeyPrefix + "_");
  }

  @Override
  public void close() {
    owner.close();
  }
}
