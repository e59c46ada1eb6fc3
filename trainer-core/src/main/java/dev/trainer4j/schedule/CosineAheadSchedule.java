// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

/**
 * A cosine that is one update ahead, so that no update is made with a rate of 0: the warmup starts
 * at 1/w, or at {@code warmupStart} when that is given, and the wave at (t - w + 1) / (T - w).
 *
 * @param warmupStart the factor of the first update; NaN when not given
 */
record CosineAheadSchedule(
    ScheduleContext context, double cycles, double minimum, double warmupStart)
    implements LearningRateScheduler {

  static CosineAheadSchedule create(ScheduleOptions options, ScheduleContext context) {
    return new CosineAheadSchedule(
        context,
        options.number("num_cycles", 0.5),
        CosineSchedule.minimum(options, context),
        options.has("warmup_lr_rate") ? options.number("warmup_lr_rate", 0) : Double.NaN);
  }

  @Override
  public double factor(long step) {
    int warmup = context.warmupSteps();
    if (step >= warmup) {
      return CosineSchedule.wave(cycles, context.progress(step + 1), minimum);
    }
    if (Double.isNaN(warmupStart)) {
      return (step + 1.0) / warmup;
    }
    return warmupStart + (1 - warmupStart) * step / Math.max(1, warmup - 1);
  }
}
