// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.state.LogEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * What the log of a run says about its evaluations, as Hugging Face's cards show it ({@code parse_log_history} of transformers).
 *
 * @param rows one for each evaluation: column to value
 * @param last the metrics of the last evaluation by their names for people
 */
record RunResults(List<Map<String, String>> rows, Map<String, Double> last) {
  private static final Set<String> NO_METRICS =
      Set.of("runtime", "samples_per_second", "steps_per_second", "epoch", "step");

  /** What the Hub knows as metrics. */
  private static final Set<String> KNOWN =
      Set.of(
          "accuracy",
          "bleu",
          "f1",
          "matthews_correlation",
          "pearsonr",
          "precision",
          "recall",
          "rouge",
          "sacrebleu",
          "spearmanr",
          "wer");

  static RunResults of(List<LogEntry> log) {
    List<Map<String, String>> rows = new ArrayList<>();
    Map<String, Double> last = new LinkedHashMap<>();
    String trainingLoss = "No log";
    for (LogEntry entry : log) {
      if (entry.value("loss").isPresent()) {
        trainingLoss = number(entry.value("loss").getAsDouble());
      }
      if (entry.values().keySet().stream().noneMatch(key -> key.startsWith("eval_"))) {
        continue;
      }
      Map<String, Double> metrics = metrics(entry);
      Map<String, String> row = new LinkedHashMap<>();
      row.put("Training Loss", trainingLoss);
      row.put("Epoch", number(entry.value("epoch").orElse(0)));
      row.put("Step", String.valueOf(entry.step()));
      metrics.forEach(
          (name, value) -> row.put(name.equals("Loss") ? "Validation Loss" : name, number(value)));
      rows.add(row);
      last = metrics;
    }
    return new RunResults(rows, last);
  }

  private static Map<String, Double> metrics(LogEntry entry) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    entry
        .values()
        .forEach(
            (key, value) -> {
              String name = key.replaceFirst("^eval_", "");
              boolean timing =
                  NO_METRICS.stream().anyMatch(end -> name.equals(end) || name.endsWith("_" + end));
              if (key.startsWith("eval_") && !timing) {
                metrics.put(forPeople(name), value);
              }
            });
    return metrics;
  }

  private static String forPeople(String name) {
    return Arrays.stream(name.split("_"))
        .filter(part -> !part.isEmpty())
        .map(part -> part.substring(0, 1).toUpperCase(Locale.ROOT) + part.substring(1))
        .collect(Collectors.joining(" "));
  }

  /** Up to four decimals. */
  static String number(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return String.format(Locale.ROOT, "%.1f", value);
    }
    String plain = String.valueOf(value);
    int point = plain.indexOf('.');
    boolean small = Math.abs(value) < 5e-5;
    return plain.length() - point - 1 <= 4 || small || !Double.isFinite(value)
        ? plain
        : String.format(Locale.ROOT, "%.4f", value);
  }

  /** Metrics that the Hub knows, by its names for them. */
  Map<String, String> knownMetrics() {
    Map<String, String> known = new TreeMap<>();
    for (String name : last.keySet()) {
      String tag = name.toLowerCase(Locale.ROOT).replace(' ', '_');
      if (KNOWN.contains(tag)) {
        known.put(tag, name);
      } else if (tag.equals("rouge1")) {
        known.put("rouge", name);
      }
    }
    return known;
  }

  /** A table of Markdown with a column for every name in any row. */
  String table() {
    Set<String> columns = new LinkedHashSet<>();
    rows.forEach(row -> columns.addAll(row.keySet()));
    Map<String, Integer> widths = new LinkedHashMap<>();
    for (String column : columns) {
      int widest =
          rows.stream().mapToInt(row -> row.getOrDefault(column, "").length()).max().orElse(0);
      widths.put(column, Math.max(column.length(), widest));
    }
    StringBuilder table = new StringBuilder();
    line(table, widths, column -> column);
    widths.forEach((column, width) -> table.append("|:").append("-".repeat(width)).append(":"));
    table.append("|\n");
    for (Map<String, String> row : rows) {
      line(table, widths, column -> row.getOrDefault(column, ""));
    }
    return table.toString();
  }

  private static void line(
      StringBuilder table, Map<String, Integer> widths, UnaryOperator<String> cell) {
    widths.forEach(
        (column, width) ->
            table
                .append("| ")
                .append(cell.apply(column))
                .append(" ".repeat(width - cell.apply(column).length()))
                .append(' '));
    table.append("|\n");
  }
}
