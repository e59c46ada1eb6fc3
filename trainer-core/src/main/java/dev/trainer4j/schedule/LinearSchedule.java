// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

/** Rises linearly in the warmup, then falls linearly to 0 at the last update. */
record LinearSchedule(ScheduleContext context) implements LearningRateScheduler {

  @Override
  public double factor(long step) {
    if (step < context.warmupSteps()) {
      return context.linearWarmup(step);
    }
    // From the steps that are left, not 1 - progress: exactly 0 when warmup fills the whole run.
    double left = context.totalSteps() - step;
    return Math.max(0, left / Math.max(1, context.totalSteps() - context.warmupSteps()));
  }
}
