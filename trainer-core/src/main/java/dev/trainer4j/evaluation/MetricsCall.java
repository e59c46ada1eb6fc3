// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.evaluation;

import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.metrics.StreamingMetrics;
import dev.trainer4j.model.PassFailure;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Calls the user's metrics, and says what they were given or gave where that does not work. */
final class MetricsCall {

  private static final String REMEDY = "Look at the shapes and types of what it computes with";

  private MetricsCall() {}

  static Map<String, Double> compute(ComputeMetrics metrics, EvalPrediction prediction) {
    return checked(
        PassFailure.explaining(
            "computeMetrics",
            () -> describe(prediction),
            REMEDY,
            () -> metrics.compute(prediction)));
  }

  static void add(StreamingMetrics.Accumulator metrics, EvalPrediction batch) {
    PassFailure.explaining(
        "computeMetrics",
        () -> describe(batch),
        REMEDY,
        () -> {
          metrics.add(batch);
          return batch;
        });
  }

  static Map<String, Double> result(StreamingMetrics.Accumulator metrics) {
    return checked(metrics.result());
  }

  private static String describe(EvalPrediction prediction) {
    return "predictions "
        + PassFailure.describe(prediction.allPredictions())
        + " and labels "
        + PassFailure.describe(prediction.allLabels());
  }

  private static Map<String, Double> checked(@Nullable Map<String, Double> values) {
    if (values == null) {
      throw new IllegalStateException(
          "computeMetrics returned null; return a map from names to numbers, Map.of() for none");
    }
    values.forEach(
        (name, value) -> {
          if (name == null || name.isBlank() || value == null) {
            throw new IllegalStateException(
                "computeMetrics returned "
                    + value
                    + " under the name "
                    + name
                    + "; give every metric a name and a number, NaN where there is none");
          }
        });
    return values;
  }
}
