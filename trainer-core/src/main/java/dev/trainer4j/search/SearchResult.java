// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a search came to.
 *
 * @param folder where {@code search.jsonl} and the folders {@code run-N} are
 * @param directions which objective is the better one
 * @param trials all that ended, in order
 */
public record SearchResult(Path folder, List<Direction> directions, List<TrialRecord> trials) {

  /** Copies. */
  public SearchResult {
    directions = List.copyOf(directions);
    trials = List.copyOf(trials);
  }

  /**
   * Returns the best trial among those that were trained to their end; of equal ones the first.
   *
   * @return empty if there is none
   * @throws IllegalStateException if there are several directions; see {@link #bestRuns()}
   */
  public Optional<BestRun> best() {
    if (directions.size() > 1) {
      throw new IllegalStateException(
          "the search has "
              + directions.size()
              + " directions, so no single trial is the best; see bestRuns()");
    }
    return bestTrial().map(BestRun::of);
  }

  Optional<TrialRecord> bestTrial() {
    return completed().stream()
        .min(Comparator.comparingDouble(trial -> trial.cost(directions.get(0))));
  }

  /**
   * Returns the trials that no other surpasses in one objective without being worse in another (the Pareto front); where there
   * is one direction, the best and its equals.
   */
  public List<BestRun> bestRuns() {
    List<TrialRecord> completed = completed();
    return completed.stream()
        .filter(trial -> completed.stream().noneMatch(other -> surpasses(other, trial)))
        .map(BestRun::of)
        .toList();
  }

  private List<TrialRecord> completed() {
    return trials.stream().filter(trial -> trial.state() == TrialState.COMPLETED).toList();
  }

  private boolean surpasses(TrialRecord one, TrialRecord other) {
    boolean better = false;
    for (int i = 0; i < directions.size(); i++) {
      double mine = directions.get(i).cost(one.objectives().get(i));
      double theirs = directions.get(i).cost(other.objectives().get(i));
      if (mine > theirs) {
        return false;
      }
      better |= mine < theirs;
    }
    return better;
  }

  /** Returns all trials as a table of text, a line each, the best first. */
  public String table() {
    return SearchTable.of(this);
  }
}
