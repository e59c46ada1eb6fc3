// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.metrics;

import java.util.Map;

/** Computes metrics from all predictions of an evaluation at once. */
@FunctionalInterface
public interface ComputeMetrics {

  /** Returns values by name; the trainer puts {@code eval_} or {@code test_} before each. */
  Map<String, Double> compute(EvalPrediction prediction);
}
