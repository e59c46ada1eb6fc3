// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tells of each evaluation of a run when its last data set is through, and ends the run that is pruned. */
final class TrialWatch implements TrainerCallback {

  private final TrialProgress progress;
  private final int evaluationSets;
  private final Map<String, Double> metrics = new LinkedHashMap<>();
  private int through;

  TrialWatch(TrialProgress progress, int evaluationSets) {
    this.progress = progress;
    this.evaluationSets = evaluationSets;
  }

  @Override
  public void onEvaluate(
      CallbackContext ctx, TrainerState state, TrainerControl control, Map<String, Double> values) {
    if (!control.isServingEvaluation()) {
      return;
    }
    metrics.putAll(values);
    if (++through < evaluationSets) {
      return;
    }
    boolean atEnd = state.globalStep() >= state.maxSteps();
    if (progress.evaluated(state.globalStep(), metrics, atEnd)) {
      control.requestTrainingStop();
    }
    metrics.clear();
    through = 0;
  }
}
