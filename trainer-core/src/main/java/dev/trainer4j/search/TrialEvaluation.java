// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an evaluation of a trial in training came to.
 *
 * @param step updates made before it
 * @param objectives one for each direction
 * @param metrics all values by name, such as {@code eval_loss}
 * @param pruned whether the trial was ended because of it
 */
public record TrialEvaluation(
    long step, List<Double> objectives, Map<String, Double> metrics, boolean pruned) {

  /** Copies; the order of the metrics is kept. */
  public TrialEvaluation {
    objectives = List.copyOf(objectives);
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }
}
