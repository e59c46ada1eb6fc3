// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The named arrays of one forward pass, and the loss if the model computed one. */
public final class ModelOutput {

  private static final String LOGITS = "logits";

  private final Map<String, NDArray> arrays;
  private final @Nullable LossOutput loss;

  private ModelOutput(Map<String, NDArray> arrays, @Nullable LossOutput loss) {
    this.arrays = Collections.unmodifiableMap(new LinkedHashMap<>(arrays));
    this.loss = loss;
  }

  /** Outputs of one array called {@code logits}, shape [batch, ...]. */
  public static ModelOutput logits(NDArray logits) {
    return new ModelOutput(Map.of(LOGITS, logits), null);
  }

  /** Outputs by name; their order is kept. */
  public static ModelOutput of(Map<String, NDArray> arrays) {
    return new ModelOutput(arrays, null);
  }

  /** Adds the loss that the model computed. */
  public ModelOutput withLoss(LossOutput loss) {
    return new ModelOutput(arrays, loss);
  }

  /** Returns the loss, null if the model computed none. */
  public @Nullable LossOutput loss() {
    return loss;
  }

  /** Returns the array called {@code logits}, or the first one if none is called so. */
  public NDArray logits() {
    NDArray logits = arrays.get(LOGITS);
    if (logits != null) {
      return logits;
    }
    return arrays.values().stream()
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("the model gave no output besides the loss"));
  }

  /**
   * Returns an array by name.
   *
   * @throws IllegalArgumentException if there is none; the message lists the names
   */
  public NDArray get(String name) {
    NDArray array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException(
          "the model gave no output '" + name + "'; it gave " + arrays.keySet());
    }
    return array;
  }

  /** Returns all arrays by name, the loss not included. */
  public Map<String, NDArray> arrays() {
    return arrays;
  }
}
