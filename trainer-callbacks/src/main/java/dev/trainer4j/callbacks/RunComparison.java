// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.state.LogEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs side by side: the arguments that differ, what each metric came to, and the curves over each other.
 *
 * <pre>{@code
 * String page = RunComparison.of(List.of(
 *     new RunComparison.Run("small", args.toMap(), trainer.state().logHistory()), ...)).html("Learning rates");
 * }</pre>
 */
public final class RunComparison {

  /** Of these a small one is good; of any other metric a large one. */
  private static final Pattern SMALL_IS_GOOD =
      Pattern.compile(".*(loss|perplexity|error|mse|mae|wer|cer|entropy)$");

  /** What says nothing about how good a run is. */
  private static final Pattern NO_RESULT =
      Pattern.compile(
          ".*(_per_second|runtime|_steps?|flos|num_tokens|tokens_seen|learning_rate.*|grad_norm)$|epoch");

  /** What only ever grows tells nothing as a curve. */
  private static final Pattern COUNTER = Pattern.compile(".*(num_tokens|tokens_seen|flos)$");

  private final List<Run> runs;

  private RunComparison(List<Run> runs) {
    this.runs = runs;
  }

  /**
   * A run to be compared.
   *
   * @param name what it is called; no other one is called so
   * @param arguments by name as plain values; empty if they are not known
   * @param history everything logged
   */
  public record Run(
      String name, Map<String, ? extends @Nullable Object> arguments, List<LogEntry> history) {}

  /**
   * What a metric came to in one run.
   *
   * @param last its last value
   * @param best its best value: the smallest of a loss or an error, else the largest
   * @param bestStep the update of that
   * @param winner whether no other run has a better one, and some other has one at all
   */
  public record Result(double last, double best, long bestStep, boolean winner) {}

  /**
   * Puts runs side by side.
   *
   * @throws IllegalArgumentException if there are fewer than two, or two have one name
   */
  public static RunComparison of(List<Run> runs) {
    if (runs.size() < 2) {
      throw new IllegalArgumentException(
          "there are " + runs.size() + " runs; it takes two to compare");
    }
    Set<String> names = new LinkedHashSet<>();
    for (Run run : runs) {
      if (!names.add(run.name())) {
        throw new IllegalArgumentException("two runs are called '" + run.name() + "'");
      }
    }
    return new RunComparison(List.copyOf(runs));
  }

  /** Returns the runs, in the order in which they were given. */
  public List<Run> runs() {
    return runs;
  }

  /**
   * Returns the arguments that are not the same in all runs that have any.
   *
   * @return by name, in the order of the first run, a text for each run; an empty one for a run that does not have it
   */
  public Map<String, List<String>> differingArguments() {
    Set<String> names = new LinkedHashSet<>();
    runs.forEach(run -> names.addAll(run.arguments().keySet()));
    Map<String, List<String>> differing = new LinkedHashMap<>();
    for (String name : names) {
      List<String> values = new ArrayList<>();
      Set<String> distinct = new LinkedHashSet<>();
      for (Run run : runs) {
        boolean known = run.arguments().containsKey(name);
        String value = known ? String.valueOf(run.arguments().get(name)) : "";
        values.add(value.equals("null") ? "unset" : value);
        if (!run.arguments().isEmpty()) {
          distinct.add(value);
        }
      }
      if (distinct.size() > 1) {
        differing.put(name, values);
      }
    }
    return differing;
  }

  /**
   * Returns what the metrics came to.
   *
   * @return by name, a result for each run; null for a run that did not log it
   */
  public Map<String, List<@Nullable Result>> results() {
    Map<String, List<@Nullable Curve>> curves = new TreeMap<>(RunComparison::lossFirst);
    for (int i = 0; i < runs.size(); i++) {
      for (Curve curve : curvesOf(runs.get(i))) {
        if (!NO_RESULT.matcher(curve.name()).matches()) {
          curves.computeIfAbsent(curve.name(), name -> emptyRow()).set(i, curve);
        }
      }
    }
    Map<String, List<@Nullable Result>> results = new LinkedHashMap<>();
    curves.forEach((name, row) -> results.put(name, results(name, row)));
    return results;
  }

  private static int lossFirst(String a, String b) {
    boolean lossA = a.endsWith("loss");
    boolean lossB = b.endsWith("loss");
    return lossA == lossB ? a.compareTo(b) : lossA ? -1 : 1;
  }

  private <T> List<@Nullable T> emptyRow() {
    List<@Nullable T> row = new ArrayList<>();
    runs.forEach(run -> row.add(null));
    return row;
  }

  private List<@Nullable Result> results(String name, List<@Nullable Curve> row) {
    boolean small = SMALL_IS_GOOD.matcher(name).matches();
    List<@Nullable Result> results = new ArrayList<>();
    double winner = Double.NaN;
    int compared = 0;
    for (Curve curve : row) {
      Result result = curve == null ? null : result(curve, small);
      results.add(result);
      if (result != null && !Double.isNaN(result.best)) {
        compared++;
        boolean better = small ? result.best < winner : result.best > winner;
        winner = Double.isNaN(winner) || better ? result.best : winner;
      }
    }
    for (int i = 0; i < results.size(); i++) {
      Result result = results.get(i);
      if (result != null && compared > 1 && result.best == winner) {
        results.set(i, new Result(result.last, result.best, result.bestStep, true));
      }
    }
    return results;
  }

  private static Result result(Curve curve, boolean small) {
    double best = Double.NaN;
    long step = 0;
    for (int i = 0; i < curve.size(); i++) {
      double value = curve.value(i);
      boolean better = small ? value < best : value > best;
      if (curve.isFinite(i) && (Double.isNaN(best) || better)) {
        best = value;
        step = curve.step(i);
      }
    }
    return new Result(curve.value(curve.size() - 1), best, step, false);
  }

  private static List<Curve> curvesOf(Run run) {
    return CurveGroup.of(run.history()).stream().flatMap(group -> group.curves().stream()).toList();
  }

  /**
   * Returns the curves over each other.
   *
   * @return a group for each metric, called as it is in the log, with a curve for each run, called as the run; it has no points if
   *     the run did not log the metric
   */
  public List<CurveGroup> curves() {
    Map<String, List<Curve>> groups = new LinkedHashMap<>();
    for (int i = 0; i < runs.size(); i++) {
      for (CurveGroup group : CurveGroup.of(runs.get(i).history())) {
        for (Curve curve : group.curves()) {
          if (!group.isSpeed() && !COUNTER.matcher(curve.name()).matches()) {
            groups
                .computeIfAbsent(curve.name(), name -> emptyCurves())
                .set(i, curve.renamed(runs.get(i).name()));
          }
        }
      }
    }
    return groups.entrySet().stream()
        .map(group -> new CurveGroup(group.getKey(), group.getValue()))
        .toList();
  }

  private List<Curve> emptyCurves() {
    return runs.stream()
        .map(run -> new Curve(run.name()))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  /**
   * Returns a page that needs no network, with the curves to zoom and to hover over, as {@link HtmlReportCallback} draws them.
   *
   * @param title its heading
   * @throws IOException if the page's scripts are not on the class path
   */
  public String html(String title) throws IOException {
    return ComparisonPage.render(this, title);
  }
}
