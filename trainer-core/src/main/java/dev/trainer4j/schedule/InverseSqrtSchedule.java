// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

/** Falls with the inverse square root of the updates since the warmup; never reaches 0. */
record InverseSqrtSchedule(ScheduleContext context, double timescale)
    implements LearningRateScheduler {

  private static final int TIMESCALE_WITHOUT_WARMUP = 10_000;

  static InverseSqrtSchedule create(ScheduleOptions options, ScheduleContext context) {
    int warmup = context.warmupSteps();
    double otherwise = warmup > 0 ? warmup : TIMESCALE_WITHOUT_WARMUP;
    return new InverseSqrtSchedule(context, options.number("timescale", otherwise));
  }

  @Override
  public double factor(long step) {
    return step < context.warmupSteps()
        ? context.linearWarmup(step)
        : 1 / Math.sqrt((step - context.warmupSteps() + timescale) / timescale);
  }
}
