// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

/** Falls as a polynomial from the base rate to {@code endRate}, and stays there. */
record PolynomialSchedule(ScheduleContext context, double endRate, double power)
    implements LearningRateScheduler {

  static PolynomialSchedule create(ScheduleOptions options, ScheduleContext context) {
    return new PolynomialSchedule(
        context, options.number("lr_end", 1e-7), options.number("power", 1));
  }

  @Override
  public double factor(long step) {
    if (step < context.warmupSteps()) {
      return context.linearWarmup(step);
    }
    double base = context.baseLearningRate();
    if (step >= context.totalSteps()) {
      return endRate / base;
    }
    double remaining = Math.pow(1 - context.progress(step), power);
    return ((base - endRate) * remaining + endRate) / base;
  }
}
