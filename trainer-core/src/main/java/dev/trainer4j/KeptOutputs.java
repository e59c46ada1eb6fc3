// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.TrainableModel;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Decides what evaluations and predictions keep of a model's outputs. */
final class KeptOutputs {

  private final TrainableModel model;
  private final @Nullable
      BiFunction<Map<String, NDArray>, Map<String, NDArray>, Map<String, NDArray>>
      preprocess;
  private @Nullable List<String> ignored;

  /**
   * Collects what decides it.
   *
   * @param ignored names of outputs to leave out; null for those that the model names
   * @param preprocess from outputs and labels to what is kept; null for all of them
   */
  KeptOutputs(
      TrainableModel model,
      @Nullable List<String> ignored,
      @Nullable BiFunction<Map<String, NDArray>, Map<String, NDArray>, Map<String, NDArray>>
          preprocess) {
    this.model = model;
    this.ignored = ignored;
    this.preprocess = preprocess;
  }

  /** A function of the logits alone, behind which nothing else is kept. */
  static BiFunction<Map<String, NDArray>, Map<String, NDArray>, Map<String, NDArray>> ofLogits(
      BiFunction<NDArray, Map<String, NDArray>, NDArray> function) {
    return (outputs, labels) -> {
      Map.Entry<String, NDArray> first = outputs.entrySet().iterator().next();
      return Map.of(
          first.getKey(), given(function.apply(first.getValue(), labels), "preprocessLogits"));
    };
  }

  private static <T> T given(@Nullable T value, String function) {
    return Objects.requireNonNull(
        value,
        function + "ForMetrics returned null; return what metrics and predictions are to see");
  }

  /** Runs {@code work} with other outputs left out. */
  <T> T ignoring(Collection<String> keys, Supplier<T> work) {
    List<String> before = ignored;
    ignored = List.copyOf(keys);
    try {
      return work.get();
    } finally {
      ignored = before;
    }
  }

  /** Returns what is kept of the outputs of a batch. */
  Map<String, NDArray> of(Map<String, NDArray> outputs, Map<String, NDArray> labels) {
    Map<String, NDArray> kept = new LinkedHashMap<>(outputs);
    List<String> named = ignored;
    if (named == null) {
      kept.keySet().removeAll(model.keysToIgnoreAtInference());
    } else {
      for (String name : named) {
        if (kept.remove(name) == null) {
          throw new IllegalArgumentException(
              "ignoreKeys names '"
                  + name
                  + "', but the model's outputs are "
                  + outputs.keySet()
                  + "; name some of these, or none");
        }
      }
    }
    return preprocess == null || kept.isEmpty()
        ? kept
        : given(preprocess.apply(kept, labels), "preprocessOutputs");
  }
}
