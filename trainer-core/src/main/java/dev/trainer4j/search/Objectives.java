// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a search optimizes where nobody says otherwise. */
final class Objectives {

  private Objectives() {}

  /**
   * As Hugging Face's {@code default_compute_objective}: the sum of the metrics beside {@code eval_loss}, epoch and speeds, or,
   * where there is none, {@code eval_loss}.
   */
  static List<Double> byDefault(Map<String, Double> metrics) {
    Map<String, Double> own = new LinkedHashMap<>(metrics);
    Double loss = own.remove("eval_loss");
    own.remove("epoch");
    own.keySet()
        .removeIf(
            name ->
                name.endsWith("_runtime")
                    || name.endsWith("_per_second")
                    || name.endsWith("_compilation_time")
                    || name.endsWith("_model_preparation_time"));
    if (!own.isEmpty()) {
      return List.of(own.values().stream().mapToDouble(Double::doubleValue).sum());
    }
    if (loss == null) {
      throw new ObjectiveException(
          "the evaluation has neither eval_loss nor metrics, but "
              + metrics.keySet()
              + "; name what to optimize with objective(...)");
    }
    return List.of(loss);
  }

  /** Returns a metric by its name, with or without {@code eval_}. */
  static double named(String name, Map<String, Double> metrics) {
    Double value = metrics.getOrDefault(name, metrics.get("eval_" + name));
    if (value == null) {
      throw new ObjectiveException(
          "the objective is '" + name + "', and the evaluation has " + metrics.keySet());
    }
    return value;
  }
}
