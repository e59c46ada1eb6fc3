// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.metrics;

import ai.djl.ndarray.NDArray;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an evaluation gives to a metric: predictions and labels.
 *
 * <p>The arrays are valid during the call. A {@link ComputeMetrics} gets all batches joined, on the
 * CPU; where batches had other lengths, the missing places are -100, as in Hugging Face's Trainer. A
 * {@link StreamingMetrics} gets one batch where the model made it, which may be a GPU.
 */
public final class EvalPrediction {

  private final Map<String, NDArray> predictions;
  private final Map<String, NDArray> labels;
  private final Map<String, NDArray> inputs;
  private final @Nullable NDArray losses;

  /**
   * Collects what was predicted.
   *
   * @param predictions the model's outputs by name, first dimension samples; one value for a batch, as an
   *     auxiliary loss, has shape [batches]
   * @param labels the labels by name
   * @param inputs the model's inputs by name; empty unless asked for with {@code
   *     includeForMetrics}
   * @param losses one loss a sample (its batch's), null unless asked for
   */
  public EvalPrediction(
      Map<String, NDArray> predictions,
      Map<String, NDArray> labels,
      Map<String, NDArray> inputs,
      @Nullable NDArray losses) {
    this.predictions = Collections.unmodifiableMap(new LinkedHashMap<>(predictions));
    this.labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
    this.inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    this.losses = losses;
  }

  /** Returns the first output, in most models the logits, shape [samples, ...]. */
  public NDArray predictions() {
    return first(predictions, "predictions");
  }

  /** Returns the first label array, shape [samples, ...]. */
  public NDArray labelIds() {
    return first(labels, "labels");
  }

  /** Returns all outputs by name. */
  public Map<String, NDArray> allPredictions() {
    return predictions;
  }

  /** Returns all labels by name. */
  public Map<String, NDArray> allLabels() {
    return labels;
  }

  /** Returns the inputs by name; empty unless {@code includeForMetrics} has {@code inputs}. */
  public Map<String, NDArray> inputs() {
    return inputs;
  }

  /** Returns one loss a sample; null unless {@code includeForMetrics} has {@code loss}. */
  public @Nullable NDArray losses() {
    return losses;
  }

  private static NDArray first(Map<String, NDArray> arrays, String what) {
    return arrays.values().stream()
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("this evaluation has no " + what));
  }
}
