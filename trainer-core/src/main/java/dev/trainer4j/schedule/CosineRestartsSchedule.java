// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

/** Falls along half a cosine to 0, {@code cycles} times, each time from 1 again. */
record CosineRestartsSchedule(ScheduleContext context, double cycles)
    implements LearningRateScheduler {

  static CosineRestartsSchedule create(ScheduleOptions options, ScheduleContext context) {
    return new CosineRestartsSchedule(context, options.number("num_cycles", 1));
  }

  @Override
  public double factor(long step) {
    if (step < context.warmupSteps()) {
      return context.linearWarmup(step);
    }
    double progress = context.progress(step);
    return progress >= 1 ? 0 : 0.5 * (1 + Math.cos(Math.PI * (cycles * progress % 1)));
  }
}
