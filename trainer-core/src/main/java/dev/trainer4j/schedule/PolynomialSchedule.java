// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

/** Falls as a polynomial from the base rate to {@code endRate}, and stays there. */
record PolynomialSchedule(ScheduleContext context, double endRate, double power)
    implements LearningRateScheduler {

  static PolynomialSchedule create(ScheduleArguments arguments, ScheduleContext context) {
    double endRate = arguments.notNegative("lr_end", 1e-7);
    arguments.require(
        endRate < context.baseLearningRate(),
        "lr_end",
        String.format(
            "the end rate (%s) must be below the learning rate (%s)",
            endRate, context.baseLearningRate()));
    return new PolynomialSchedule(context, endRate, arguments.positive("power", 1));
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
