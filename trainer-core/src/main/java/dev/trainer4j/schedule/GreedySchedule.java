// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Raises the rate while the metric keeps improving and lowers it while it does not; the rule of
 * transformers' GreedyLR (arXiv 2512.14527). With the default bounds a rate below 1e-3 is never
 * lowered: give {@code min_lr}.
 */
final class GreedySchedule implements LearningRateScheduler {

  /** A rate goes through its factor and back, which may move its last digits. */
  private static final double ROUNDING = 1e-12;

  private final double baseLearningRate;
  private final MetricComparison comparison;
  private final double decay;
  private final long patience;
  private final long cooldown;
  private final long warmup;
  private final double minimumRate;
  private final double maximumRate;
  private final double smallestChange;
  private final boolean smooth;
  private final long resetStart;
  private final StreamingAverage average;

  private double factor = 1;
  private double best;
  private long badEvaluations;
  private long goodEvaluations;
  private long cooldownLeft;
  private long warmupLeft;
  private long resetLeft;

  private GreedySchedule(ScheduleOptions options, ScheduleContext context) {
    baseLearningRate = context.baseLearningRate();
    comparison = MetricComparison.create(options, context, 1e-6, "abs");
    decay = options.number("factor", 0.95);
    patience = options.count("patience", 10);
    cooldown = options.count("cooldown", 0);
    warmup = options.count("warmup", 0);
    minimumRate = options.number("min_lr", 1e-3);
    maximumRate = options.number("max_lr", 1);
    smallestChange = options.number("eps", 1e-8);
    smooth = options.flag("smooth");
    average = new StreamingAverage(options.count("window_size", 50));
    resetStart = options.count("reset_start", 500);
    best = comparison.worst();
    resetLeft = resetStart;
  }

  static GreedySchedule create(ScheduleOptions options, ScheduleContext context) {
    return new GreedySchedule(options, context);
  }

  @Override
  public double factor(long step) {
    return factor;
  }

  @Override
  public boolean isMetricDriven() {
    return true;
  }

  @Override
  public void onMetric(double metric) {
    double current = smooth ? average.add(metric) : metric;
    if (cooldownLeft > 0 || warmupLeft > 0) {
      pause();
      return;
    }
    if (comparison.isBetter(current, best)) {
      best = current;
      goodEvaluations++;
      badEvaluations = 0;
    } else {
      badEvaluations++;
      goodEvaluations = 0;
    }
    if (goodEvaluations > patience) {
      raise();
    } else if (badEvaluations > patience) {
      lower();
    }
  }

  private void pause() {
    if (cooldownLeft > 0) {
      cooldownLeft--;
    } else {
      warmupLeft--;
    }
    goodEvaluations = 0;
    badEvaluations = 0;
  }

  private void raise() {
    double rate = factor * baseLearningRate;
    double raised = Math.min(rate / decay, maximumRate);
    if (raised - rate > smallestChange) {
      factor = raised / baseLearningRate;
    }
    resetLeft = resetStart;
    warmupLeft = warmup;
    goodEvaluations = 0;
  }

  private void lower() {
    double rate = factor * baseLearningRate;
    double lowered = Math.max(rate * decay, minimumRate);
    if (rate - lowered > smallestChange) {
      factor = lowered / baseLearningRate;
      rate = lowered;
    }
    if (rate <= minimumRate * (1 + ROUNDING) && --resetLeft <= 0) {
      startAgain();
    }
    cooldownLeft = cooldown;
    badEvaluations = 0;
  }

  private void startAgain() {
    factor = 1;
    best = comparison.worst();
    goodEvaluations = 0;
    warmupLeft = 0;
    resetLeft = resetStart;
    average.reset(List.of());
  }

  @Override
  public Map<String, Object> state() {
    Map<String, Object> state = new LinkedHashMap<>();
    state.put("factor", factor);
    if (Double.isFinite(best)) {
      state.put("best", best); // JSON has no infinity: absent until there is a best metric
    }
    state.put("bad_evaluations", badEvaluations);
    state.put("good_evaluations", goodEvaluations);
    state.put("cooldown_left", cooldownLeft);
    state.put("warmup_left", warmupLeft);
    state.put("reset_left", resetLeft);
    state.put("recent_metrics", average.values());
    return state;
  }

  @Override
  public void restore(Map<String, Object> state) {
    SavedState saved = new SavedState(state);
    factor = saved.number("factor");
    best = saved.number("best", comparison.worst());
    badEvaluations = saved.count("bad_evaluations");
    goodEvaluations = saved.count("good_evaluations");
    cooldownLeft = saved.count("cooldown_left");
    warmupLeft = saved.count("warmup_left");
    resetLeft = saved.count("reset_left");
    average.reset(saved.numbers("recent_metrics"));
  }
}
