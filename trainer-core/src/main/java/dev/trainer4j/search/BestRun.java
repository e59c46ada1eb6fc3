// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The best trial of a search, as Hugging Face's {@code BestRun}.
 *
 * @param runId the trial's name, which is that of its folder below {@code outputDir}: {@code run-N}
 * @param objectives one for each direction
 * @param hyperparameters what it was trained with, by name
 * @param summary all metrics of the trial by name
 */
public record BestRun(
    String runId,
    List<Double> objectives,
    Map<String, Object> hyperparameters,
    Map<String, Double> summary) {

  /** Copies; orders are kept. */
  public BestRun {
    objectives = List.copyOf(objectives);
    hyperparameters = Collections.unmodifiableMap(new LinkedHashMap<>(hyperparameters));
    summary = Collections.unmodifiableMap(new LinkedHashMap<>(summary));
  }

  static BestRun of(TrialRecord trial) {
    return new BestRun(trial.runId(), trial.objectives(), trial.hyperparameters(), trial.metrics());
  }

  /** Returns the objective, the first one if there are several. */
  public double objective() {
    return objectives.get(0);
  }
}
