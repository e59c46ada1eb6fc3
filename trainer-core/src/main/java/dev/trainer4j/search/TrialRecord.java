// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A trial that ended.
 *
 * @param number from 0
 * @param hyperparameters what was tried, by name
 * @param state how it ended
 * @param objectives one for each direction, those of the last evaluation if it was pruned; empty if it failed
 * @param metrics all values of its last evaluation by name, such as {@code eval_loss}; empty if it failed
 * @param evaluations those during training, in order
 * @param error what it failed with; empty if it did not
 */
public record TrialRecord(
    int number,
    Map<String, Object> hyperparameters,
    TrialState state,
    List<Double> objectives,
    Map<String, Double> metrics,
    List<TrialEvaluation> evaluations,
    String error) {

  /** Copies; orders are kept. */
  public TrialRecord {
    hyperparameters = Collections.unmodifiableMap(new LinkedHashMap<>(hyperparameters));
    objectives = List.copyOf(objectives);
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    evaluations = List.copyOf(evaluations);
  }

  /** Returns the name of the trial and of its folder, {@code run-N}. */
  public String runId() {
    return Trial.runId(number);
  }

  /** Returns what is minimized where there is one direction; infinite if the trial failed. */
  double cost(Direction direction) {
    return objectives.isEmpty() ? Double.POSITIVE_INFINITY : direction.cost(objectives.get(0));
  }
}
