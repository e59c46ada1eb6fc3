// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Takes in the evaluations of the trial that is being trained: computes objectives, asks the pruner, and writes down. */
final class RunningTrial implements TrialProgress {

  private final SearchSettings settings;
  private final SearchHistory history;
  private final SearchLog log;
  private final Consumer<TrialEvaluation> listener;

  RunningTrial(
      SearchSettings settings,
      SearchHistory history,
      SearchLog log,
      Consumer<TrialEvaluation> listener) {
    this.settings = settings;
    this.history = history;
    this.log = log;
    this.listener = listener;
  }

  @Override
  public boolean evaluated(long step, Map<String, Double> metrics, boolean atEnd) {
    Optional<TrialEvaluation> known =
        history.evaluations().stream().filter(before -> before.step() == step).findFirst();
    if (known.isPresent()) {
      // A trial that goes on from a checkpoint comes by evaluations again.
      return known.get().pruned();
    }
    List<Double> objectives = settings.objectivesOf(metrics);
    boolean pruned = !atEnd && prunes(objectives);
    TrialEvaluation evaluation = new TrialEvaluation(step, objectives, metrics, pruned);
    log.evaluated(history.ended().size(), evaluation);
    history.add(evaluation);
    listener.accept(evaluation);
    return pruned;
  }

  private boolean prunes(List<Double> objectives) {
    List<Double> mine = new ArrayList<>(costs(history.evaluations()));
    mine.add(settings.direction().cost(objectives.get(0)));
    return settings
        .pruner()
        .prunes(mine, history.ended().stream().map(trial -> costs(trial.evaluations())).toList());
  }

  private List<Double> costs(List<TrialEvaluation> evaluations) {
    return evaluations.stream()
        .map(evaluation -> settings.direction().cost(evaluation.objectives().get(0)))
        .toList();
  }

  @Override
  public Optional<TrialEvaluation> last() {
    List<TrialEvaluation> all = history.evaluations();
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }
}
