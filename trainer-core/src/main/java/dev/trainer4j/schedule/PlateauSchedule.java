// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Multiplies the rate by {@code decay} when the metric has not improved in more than {@code
 * patience} evaluations; the rule of torch.optim.lr_scheduler.ReduceLROnPlateau.
 */
final class PlateauSchedule implements LearningRateScheduler {

  private final double baseLearningRate;
  private final MetricComparison comparison;
  private final double decay;
  private final long patience;
  private final long cooldown;
  private final double minimumRate;
  private final double smallestChange;

  private double factor = 1;
  private double best;
  private long badEvaluations;
  private long cooldownLeft;

  private PlateauSchedule(ScheduleOptions options, ScheduleContext context) {
    baseLearningRate = context.baseLearningRate();
    comparison = MetricComparison.create(options, context, 1e-4, "rel");
    decay = options.number("factor", 0.1);
    patience = options.count("patience", 10);
    cooldown = options.count("cooldown", 0);
    minimumRate = options.number("min_lr", 0);
    smallestChange = options.number("eps", 1e-8);
    best = comparison.worst();
  }

  static PlateauSchedule create(ScheduleOptions options, ScheduleContext context) {
    return new PlateauSchedule(options, context);
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
    if (comparison.isBetter(metric, best)) {
      best = metric;
      badEvaluations = 0;
    } else {
      badEvaluations++;
    }
    if (cooldownLeft > 0) {
      cooldownLeft--;
      badEvaluations = 0;
    }
    if (badEvaluations > patience) {
      reduce();
      cooldownLeft = cooldown;
      badEvaluations = 0;
    }
  }

  private void reduce() {
    double rate = factor * baseLearningRate;
    double reduced = Math.max(rate * decay, minimumRate);
    if (rate - reduced > smallestChange) {
      factor = reduced / baseLearningRate;
    }
  }

  @Override
  public Map<String, Object> state() {
    Map<String, Object> state = new LinkedHashMap<>();
    state.put("factor", factor);
    if (Double.isFinite(best)) {
      state.put("best", best); // JSON has no infinity: absent until there is a best metric
    }
    state.put("bad_evaluations", badEvaluations);
    state.put("cooldown_left", cooldownLeft);
    return state;
  }

  @Override
  public void restore(Map<String, Object> state) {
    SavedState saved = new SavedState(state);
    factor = saved.number("factor");
    best = saved.number("best", comparison.worst());
    badEvaluations = saved.count("bad_evaluations");
    cooldownLeft = saved.count("cooldown_left");
  }
}
