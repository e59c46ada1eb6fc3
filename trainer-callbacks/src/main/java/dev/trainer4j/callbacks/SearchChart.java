// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.search.Direction;
import dev.trainer4j.search.SearchResult;
import dev.trainer4j.search.TrialRecord;
import dev.trainer4j.search.TrialState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** A chart of one objective as values of the template: points, a line, and the marks of both axes. */
final class SearchChart {

  private static final int WIDTH = 420;
  private static final int HEIGHT = 260;
  private static final int LEFT = 58;
  private static final int BOTTOM = 36;
  private static final int MARGIN = 14;

  /** The mark below the right end needs half of its width. */
  private static final int RIGHT = 34;

  private final List<TrialRecord> trials;
  private final Direction direction;
  private final int objective;
  private final String objectiveName;
  private final SearchAxis y;

  SearchChart(SearchResult result, int objective, String objectiveName) {
    this.objective = objective;
    this.objectiveName = objectiveName;
    direction = result.directions().get(objective);
    trials = result.trials().stream().filter(trial -> !trial.objectives().isEmpty()).toList();
    y = SearchAxis.of(trials.stream().<Object>map(this::objectiveOf).toList());
  }

  private double objectiveOf(TrialRecord trial) {
    return trial.objectives().get(objective);
  }

  /** Returns the objective over the trials, with the best so far as a line. */
  Map<String, Object> overTrials() {
    SearchAxis x = SearchAxis.of(trials.stream().<Object>map(TrialRecord::number).toList());
    StringBuilder line = new StringBuilder();
    double best = Double.NaN;
    for (TrialRecord trial : trials) {
      double value = objectiveOf(trial);
      boolean better = direction == Direction.MINIMIZE ? !(value >= best) : !(value <= best);
      if (!Double.isNaN(best)) {
        line.append(point(x, trial, best));
      }
      if (trial.state() == TrialState.COMPLETED && better) {
        best = value;
        line.append(point(x, trial, best));
      }
    }
    return chart(objectiveName + " over trials", x, TrialRecord::number, line.toString().strip());
  }

  private String point(SearchAxis x, TrialRecord trial, double value) {
    return format(left(x, trial.number())) + "," + format(top(value)) + " ";
  }

  /** Returns the objective over a hyperparameter. */
  Map<String, Object> over(String name) {
    SearchAxis x =
        SearchAxis.of(trials.stream().map(trial -> trial.hyperparameters().get(name)).toList());
    String title = objectiveName + " over " + name + (x.isLogarithmic() ? " (logarithmic)" : "");
    return chart(title, x, trial -> trial.hyperparameters().get(name), "");
  }

  private Map<String, Object> chart(
      String title, SearchAxis x, Function<TrialRecord, Object> value, String line) {
    List<Map<String, Object>> points = new ArrayList<>();
    for (TrialRecord trial : trials) {
      points.add(
          Map.of(
              "x", format(left(x, value.apply(trial))),
              "y", format(top(objectiveOf(trial))),
              "state", trial.state().name().toLowerCase(Locale.ROOT),
              "label",
                  trial.runId()
                      + ": "
                      + ReportNumbers.shortest(objectiveOf(trial))
                      + ", "
                      + trial.hyperparameters()));
    }
    List<Map<String, Object>> below = new ArrayList<>();
    x.marks()
        .forEach(
            mark -> below.add(Map.of("at", format(left(x, mark)), "text", SearchPage.cell(mark))));
    List<Map<String, Object>> beside = new ArrayList<>();
    y.marks()
        .forEach(
            mark -> beside.add(Map.of("at", format(top(mark)), "text", SearchPage.cell(mark))));
    return Map.of(
        "chartTitle", title, "points", points, "line", line, "below", below, "beside", beside);
  }

  private double left(SearchAxis axis, Object value) {
    return LEFT + axis.place(value) * (WIDTH - LEFT - RIGHT);
  }

  private double top(Object value) {
    return HEIGHT - BOTTOM - y.place(value) * (HEIGHT - BOTTOM - MARGIN);
  }

  private static String format(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
