// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.evaluation;

import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.StreamingMetrics;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is computed of predictions besides the loss.
 *
 * @param whole of all predictions at once; null for none
 * @param streaming batch by batch; null for none
 * @param included what metrics see besides predictions and labels: {@code inputs}, {@code loss}
 */
public record EvaluationMetrics(
    @Nullable ComputeMetrics whole, @Nullable StreamingMetrics streaming, Set<String> included) {

  /** Copies what is included. */
  public EvaluationMetrics {
    included = Set.copyOf(included);
  }

  /** Returns whether there are none, and so no use for predictions. */
  public boolean isEmpty() {
    return whole == null && streaming == null;
  }
}
