// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** All trials of a search as text, a line each, the best first. */
final class SearchTable {

  private static final int LONGEST = 40;

  private SearchTable() {}

  static String of(SearchResult result) {
    List<TrialRecord> trials =
        result.trials().stream()
            .sorted(
                Comparator.comparing(TrialRecord::state)
                    .thenComparingDouble(trial -> trial.cost(result.directions().get(0)))
                    .thenComparingInt(TrialRecord::number))
            .toList();
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("trial", "state"));
    for (int i = 0; i < result.directions().size(); i++) {
      head.add(result.directions().size() == 1 ? "objective" : "objective " + (i + 1));
    }
    List<String> names =
        trials.isEmpty() ? List.of() : List.copyOf(trials.get(0).hyperparameters().keySet());
    head.addAll(names);
    rows.add(head);
    trials.forEach(trial -> rows.add(row(trial, result.directions().size(), names)));
    return aligned(rows);
  }

  private static List<String> row(TrialRecord trial, int directions, List<String> names) {
    List<String> row = new ArrayList<>();
    row.add(trial.runId());
    row.add(trial.state().name().toLowerCase(Locale.ROOT));
    for (int i = 0; i < directions; i++) {
      row.add(trial.objectives().isEmpty() ? "-" : shown(trial.objectives().get(i)));
    }
    Map<String, Object> values = trial.hyperparameters();
    names.forEach(name -> row.add(shown(values.getOrDefault(name, "-"))));
    return row;
  }

  /** Numbers to six digits that count. */
  static String shown(Object value) {
    if (value instanceof Double number && !number.isNaN() && !number.isInfinite()) {
      String text = new BigDecimal(number).round(new MathContext(6)).toString();
      return Double.toString(Double.parseDouble(text));
    }
    String text = String.valueOf(value);
    return text.length() > LONGEST ? text.substring(0, LONGEST - 1) + "…" : text;
  }

  private static String aligned(List<List<String>> rows) {
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        int column = i;
        int width = rows.stream().mapToInt(each -> each.get(column).length()).max().orElse(0);
        line.append(row.get(i)).append(" ".repeat(width - row.get(i).length() + 2));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
