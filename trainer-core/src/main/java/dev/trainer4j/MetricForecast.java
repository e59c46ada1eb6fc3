// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.metrics.StreamingMetrics;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Whether evaluations will give the metric that decides which model is the best, or moves the learning rate. */
final class MetricForecast {

  /** What every evaluation gives. */
  private static final Set<String> ALWAYS =
      Set.of("loss", "runtime", "samples_per_second", "steps_per_second");

  private final TrainerSetup setup;
  private final TrainingArguments args;
  private final OwnHooks own;
  private final String key;

  MetricForecast(TrainerSetup setup, OwnHooks own) {
    this.setup = setup;
    args = setup.args();
    this.own = own;
    String name = args.resolvedMetricForBestModel();
    key = name.startsWith("eval_") ? name : "eval_" + name;
  }

  /** Returns whether the loss of an evaluation decides. */
  boolean isLoss() {
    return isNeeded() && key.endsWith("_loss");
  }

  private boolean isNeeded() {
    return args.metricForBestModel().isPresent()
        || args.savesBest()
        || args.lrSchedulerType().isMetricDriven();
  }

  /**
   * Refuses a name that no evaluation can give.
   *
   * @throws IllegalArgumentException listing what they can give
   */
  void check() {
    if (!isNeeded()) {
      return;
    }
    Set<String> sets = setup.evalDatasets().keySet();
    String set =
        sets.stream().filter(name -> key.startsWith(prefix(name))).findFirst().orElse(null);
    if (set == null) {
      throw wrong(
          "the evaluations of several data sets give names such as "
              + prefix(sets.iterator().next())
              + "loss",
          "Name one of the data sets " + sets + " in it");
    }
    Set<String> names = names().orElse(null);
    if (names != null && sets.stream().noneMatch(name -> isGiven(name, names))) {
      Set<String> all = new TreeSet<>();
      names.forEach(name -> all.add(prefix(set) + name));
      throw wrong("evaluations give " + all, "Name one of these, or compute it in computeMetrics");
    }
  }

  private static String prefix(String set) {
    return set.isEmpty() ? "eval_" : "eval_" + set + "_";
  }

  private boolean isGiven(String set, Set<String> names) {
    return key.startsWith(prefix(set)) && names.contains(key.substring(prefix(set).length()));
  }

  private IllegalArgumentException wrong(String why, String remedy) {
    boolean named = args.metricForBestModel().isPresent();
    return new IllegalArgumentException(
        (named
                ? "metricForBestModel is '" + args.resolvedMetricForBestModel() + "'"
                : "metricForBestModel is not set, which means loss")
            + ", but "
            + why
            + ". "
            + remedy);
  }

  /** What evaluations give, without what stands before the names; empty if it is not known. */
  private Optional<Set<String>> names() {
    boolean ownLoss = setup.loss().hasFunction() || own.computeLoss() || own.predictionStep();
    Optional<Set<String>> parts = ownLoss ? Optional.empty() : setup.model().lossParts();
    StreamingMetrics streaming = setup.metrics().streaming();
    boolean metricsKnown =
        setup.metrics().whole() == null && (streaming == null || !streaming.names().isEmpty());
    if (parts.isEmpty() || !metricsKnown) {
      return Optional.empty();
    }
    Set<String> all = new TreeSet<>(ALWAYS);
    all.addAll(parts.get());
    if (streaming != null) {
      all.addAll(streaming.names());
    }
    return Optional.of(all);
  }
}
