// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.state.LogEntry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Curves that are drawn over each other: those of training and of evaluation of one metric.
 *
 * @param title the metric's name, without {@code eval_}
 * @param curves at least one
 */
public record CurveGroup(String title, List<Curve> curves) {

  private static final String EVAL = "eval_";
  private static final String RATE = "learning_rate";
  private static final Pattern OTHER_RATE = Pattern.compile(RATE + "_\\d+");

  /** The line at the end of a run sums it up and is no point of any curve. */
  private static final String SUMMARY = "train_runtime";

  /** Copies the list. */
  public CurveGroup {
    curves = List.copyOf(curves);
  }

  /** Reads the curves of everything logged, the loss first, how fast evaluations were last. */
  public static List<CurveGroup> of(List<LogEntry> history) {
    Map<String, Curve> curves = new LinkedHashMap<>();
    for (LogEntry line : history) {
      if (isSummary(line)) {
        continue;
      }
      line.values()
          .forEach(
              (key, value) -> {
                if (!key.equals("epoch")) {
                  curves.computeIfAbsent(key, Curve::new).add(line.step(), value);
                }
              });
    }
    Map<String, List<Curve>> groups = new LinkedHashMap<>();
    curves.forEach(
        (key, curve) -> groups.computeIfAbsent(title(key), name -> new ArrayList<>()).add(curve));
    return groups.entrySet().stream()
        .map(group -> new CurveGroup(group.getKey(), group.getValue()))
        .sorted(Comparator.comparingInt(CurveGroup::rank))
        .toList();
  }

  /** Returns the same curves with fewer points, see {@link Curve#thinned}. */
  public CurveGroup thinned(int buckets) {
    return new CurveGroup(title, curves.stream().map(curve -> curve.thinned(buckets)).toList());
  }

  /** Returns whether a line is the one at the end of a run, which sums it up. */
  public static boolean isSummary(LogEntry line) {
    return line.values().containsKey(SUMMARY);
  }

  /** Returns whether a line is that of an evaluation. */
  public static boolean isEvaluation(LogEntry line) {
    return line.values().keySet().stream().anyMatch(key -> key.startsWith(EVAL));
  }

  private static String title(String key) {
    if (OTHER_RATE.matcher(key).matches()) {
      return RATE; // Rates of parameter groups are one picture.
    }
    return key.startsWith(EVAL) ? key.substring(EVAL.length()) : key;
  }

  /** Whether it tells how fast evaluations were, and nothing of the model. */
  public boolean isSpeed() {
    return title.endsWith("runtime") || title.endsWith("_per_second");
  }

  private int rank() {
    if (title.equals("loss")) {
      return 0;
    }
    if (isSpeed()) {
      return 4;
    }
    if (title.equals(RATE) || title.equals("grad_norm")) {
      return 2;
    }
    return curves.stream().anyMatch(curve -> curve.name().startsWith(EVAL)) ? 1 : 3;
  }
}
