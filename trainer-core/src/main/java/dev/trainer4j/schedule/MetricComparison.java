// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

/** Decides whether a metric improves on the best one by more than a threshold. */
record MetricComparison(boolean maximize, double threshold, boolean relative) {

  static MetricComparison create(
      ScheduleOptions options, ScheduleContext context, double threshold, String thresholdMode) {
    String mode = options.text("mode", context.greaterIsBetter() ? "max" : "min");
    return new MetricComparison(
        mode.equals("max"),
        options.number("threshold", threshold),
        options.text("threshold_mode", thresholdMode).equals("rel"));
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
