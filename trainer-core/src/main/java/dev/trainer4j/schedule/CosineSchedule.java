// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

/**
 * Falls along a cosine from 1 to {@code minimum}. Beyond the last update the wave goes on, as it
 * does in Hugging Face's.
 */
record CosineSchedule(ScheduleContext context, double cycles, double minimum)
    implements LearningRateScheduler {

  static CosineSchedule plain(ScheduleOptions options, ScheduleContext context) {
    return new CosineSchedule(context, options.number("num_cycles", 0.5), 0);
  }

  static CosineSchedule withMinimum(ScheduleOptions options, ScheduleContext context) {
    return new CosineSchedule(
        context, options.number("num_cycles", 0.5), minimum(options, context));
  }

  /** The lowest factor, from {@code min_lr} or {@code min_lr_rate}, of which one is given. */
  static double minimum(ScheduleOptions options, ScheduleContext context) {
    double rate = context.baseLearningRate();
    // A rate of 0 stays 0, whatever share of it is the lowest.
    return options.has("min_lr_rate") || rate == 0
        ? options.number("min_lr_rate", 0)
        : options.number("min_lr", 0) / rate;
  }

  /** A cosine wave between 1 and {@code minimum}, at 1 when progress is 0. */
  static double wave(double cycles, double progress, double minimum) {
    double wave = 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * progress));
    return Math.max(0, wave * (1 - minimum) + minimum);
  }

  @Override
  public double factor(long step) {
    return step < context.warmupSteps()
        ? context.linearWarmup(step)
        : wave(cycles, context.progress(step), minimum);
  }
}
