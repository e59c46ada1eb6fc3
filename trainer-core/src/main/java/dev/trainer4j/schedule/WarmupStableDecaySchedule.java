// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

/** Rises from {@code minimum} to 1, stays there, falls to {@code minimum} and stays there. */
record WarmupStableDecaySchedule(
    int warmupSteps,
    long stableSteps,
    long decaySteps,
    String warmupType,
    String decayType,
    double minimum,
    double cycles)
    implements LearningRateScheduler {

  static WarmupStableDecaySchedule create(ScheduleOptions options, ScheduleContext context) {
    long decaySteps = options.count("num_decay_steps", 0);
    long rest = context.totalSteps() - context.warmupSteps() - decaySteps;
    options.require(
        rest >= 0 || options.has("num_stable_steps"),
        "num_decay_steps",
        String.format(
            "with %d warmup steps it exceeds the %d updates of the run; lower one of them, or give"
                + " num_stable_steps",
            context.warmupSteps(), context.totalSteps()));
    return new WarmupStableDecaySchedule(
        context.warmupSteps(),
        options.count("num_stable_steps", rest),
        decaySteps,
        options.text("warmup_type", "linear"),
        options.text("decay_type", "cosine"),
        options.number("min_lr_ratio", 0),
        options.number("num_cycles", 0.5));
  }

  @Override
  public double factor(long step) {
    if (step < warmupSteps) {
      return scaled(rise((double) step / warmupSteps));
    }
    long decayed = step - warmupSteps - stableSteps;
    if (decayed < 0) {
      return 1;
    }
    return decayed < decaySteps ? scaled(fall((double) decayed / decaySteps)) : minimum;
  }

  private double rise(double progress) {
    return switch (warmupType) {
      case "cosine" -> 0.5 * (1 - Math.cos(Math.PI * progress));
      case "1-sqrt" -> 1 - Math.sqrt(1 - progress);
      default -> progress;
    };
  }

  private double fall(double progress) {
    return switch (decayType) {
      case "cosine" -> 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * progress));
      case "1-sqrt" -> 1 - Math.sqrt(progress);
      default -> 1 - progress;
    };
  }

  private double scaled(double factor) {
    return Math.max(0, factor * (1 - minimum) + minimum);
  }
}
