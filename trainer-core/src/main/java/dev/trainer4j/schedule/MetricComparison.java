// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

import java.util.List;

/** Decides whether a metric improves on the best one by more than a threshold. */
record MetricComparison(boolean maximize, double threshold, boolean relative) {

  static MetricComparison create(
      ScheduleArguments arguments,
      ScheduleContext context,
      double threshold,
      String thresholdMode) {
    String mode =
        arguments.choice("mode", context.greaterIsBetter() ? "max" : "min", List.of("min", "max"));
    return new MetricComparison(
        mode.equals("max"),
        arguments.notNegative("threshold", threshold),
        arguments.choice("threshold_mode", thresholdMode, List.of("rel", "abs")).equals("rel"));
  }

  /** The best metric before there is any. */
  double worst() {
    return maximize ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
  }

  boolean isBetter(double metric, double best) {
    if (!Double.isFinite(metric)) {
      return false;
    }
    if (maximize) {
      return metric > (relative ? best * (1 + threshold) : best + threshold);
    }
    return metric < (relative ? best * (1 - threshold) : best - threshold);
  }
}
