// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

/**
 * Falls along a cosine from 1 to {@code minimum}. Beyond the last update the wave goes on, as it
 * does in Hugging Face's.
 */
record CosineSchedule(ScheduleContext context, double cycles, double minimum)
    implements LearningRateScheduler {

  static CosineSchedule plain(ScheduleArguments arguments, ScheduleContext context) {
    return new CosineSchedule(context, arguments.number("num_cycles", 0.5), 0);
  }

  static CosineSchedule withMinimum(ScheduleArguments arguments, ScheduleContext context) {
    return new CosineSchedule(
        context, arguments.number("num_cycles", 0.5), minimum(arguments, context));
  }

  /** The lowest factor, from {@code min_lr} or {@code min_lr_rate}: exactly one must be given. */
  static double minimum(ScheduleArguments arguments, ScheduleContext context) {
    boolean asRate = arguments.has("min_lr");
    boolean asShare = arguments.has("min_lr_rate");
    arguments.require(
        asRate || asShare,
        "min_lr_rate",
        "give it (a share of the learning rate), or min_lr (a learning rate)");
    arguments.require(!(asRate && asShare), "min_lr", "min_lr_rate is given too; keep one of them");
    if (asShare) {
      return arguments.share("min_lr_rate", 0);
    }
    double rate = arguments.notNegative("min_lr", 0);
    arguments.require(
        context.baseLearningRate() > 0 && rate <= context.baseLearningRate(),
        "min_lr",
        "give a rate that is at most the learning rate, " + context.baseLearningRate());
    return rate / context.baseLearningRate();
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
