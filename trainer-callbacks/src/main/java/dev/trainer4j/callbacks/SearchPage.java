// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.search.BestRun;
import dev.trainer4j.search.Direction;
import dev.trainer4j.search.SearchResult;
import dev.trainer4j.search.TrialRecord;
import dev.trainer4j.search.TrialState;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Fills the template of a search's report. */
final class SearchPage {

  private SearchPage() {}

  static String of(SearchResult result) throws IOException {
    List<String> names =
        result.trials().isEmpty()
            ? List.of()
            : List.copyOf(result.trials().get(0).hyperparameters().keySet());
    List<Map<String, Object>> charts = new ArrayList<>();
    for (int i = 0; i < result.directions().size(); i++) {
      String objective = result.directions().size() == 1 ? "objective" : "objective " + (i + 1);
      charts.add(new SearchChart(result, i, objective).overTrials());
      for (String name : names) {
        charts.add(new SearchChart(result, i, objective).over(name));
      }
    }
    Map<String, Object> values = new HashMap<>();
    values.put("title", String.valueOf(result.folder().toAbsolutePath().getFileName()));
    values.put("style", ReportAssets.get().style());
    values.put("summary", summary(result));
    values.put("charts", charts);
    values.put("names", names);
    values.put("objectives", names(result.directions()));
    values.put("trials", rows(result, names));
    return template().fill(values);
  }

  private static PageTemplate template() throws IOException {
    try (InputStream in = SearchPage.class.getResourceAsStream("report/search.html")) {
      if (in == null) {
        throw new IOException("report/search.html is missing on the class path");
      }
      return PageTemplate.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static String summary(SearchResult result) {
    StringBuilder text = new StringBuilder();
    for (TrialState state : TrialState.values()) {
      long count = result.trials().stream().filter(trial -> trial.state() == state).count();
      text.append(count).append(' ').append(state.name().toLowerCase(Locale.ROOT)).append(", ");
    }
    if (result.directions().size() > 1) {
      return text + "best: " + result.bestRuns().stream().map(BestRun::runId).toList();
    }
    return text
        + result
            .best()
            .map(run -> "best: " + run.runId() + " with " + ReportNumbers.shortest(run.objective()))
            .orElse("none is the best yet");
  }

  private static List<String> names(List<Direction> directions) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < directions.size(); i++) {
      String which = directions.size() == 1 ? "objective" : "objective " + (i + 1);
      names.add(which + " (" + directions.get(i).name().toLowerCase(Locale.ROOT) + ")");
    }
    return names;
  }

  /** The best first where there is one direction. */
  private static List<Map<String, Object>> rows(SearchResult result, List<String> names) {
    List<BestRun> runs =
        result.directions().size() == 1 ? result.best().stream().toList() : result.bestRuns();
    List<String> best = runs.stream().map(BestRun::runId).toList();
    boolean up = result.directions().get(0) == Direction.MAXIMIZE;
    return result.trials().stream()
        .sorted(
            Comparator.comparing(TrialRecord::state)
                .thenComparingDouble(
                    trial ->
                        trial.objectives().isEmpty()
                            ? 0
                            : (up ? -1 : 1) * trial.objectives().get(0))
                .thenComparingInt(TrialRecord::number))
        .map(trial -> row(trial, best.contains(trial.runId()), names, result.directions().size()))
        .toList();
  }

  private static Map<String, Object> row(
      TrialRecord trial, boolean best, List<String> names, int objectives) {
    List<String> numbers = new ArrayList<>();
    for (int i = 0; i < objectives; i++) {
      numbers.add(
          trial.objectives().isEmpty() ? "" : ReportNumbers.shortest(trial.objectives().get(i)));
    }
    return Map.of(
        "run", trial.runId(),
        "state", trial.state().name().toLowerCase(Locale.ROOT),
        "best", best,
        "numbers", numbers,
        "values",
            names.stream()
                .map(name -> cell(trial.hyperparameters().getOrDefault(name, "")))
                .toList(),
        "evaluations", trial.evaluations().size(),
        "error", trial.error());
  }

  static String cell(Object value) {
    return value instanceof Double number ? ReportNumbers.shortest(number) : String.valueOf(value);
  }
}
