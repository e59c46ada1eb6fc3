// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

import java.util.List;

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

  private static final List<String> TYPES = List.of("linear", "cosine", "1-sqrt");

  static WarmupStableDecaySchedule create(ScheduleArguments arguments, ScheduleContext context) {
    long decaySteps = arguments.requiredCount("num_decay_steps");
    long rest = context.totalSteps() - context.warmupSteps() - decaySteps;
    arguments.require(
        rest >= 0 || arguments.has("num_stable_steps"),
        "num_decay_steps",
        String.format(
            "with %d warmup steps it exceeds the %d updates of the run; lower one of them, or give"
                + " num_stable_steps",
            context.warmupSteps(), context.totalSteps()));
    return new WarmupStableDecaySchedule(
        context.warmupSteps(),
        arguments.count("num_stable_steps", rest),
        decaySteps,
        arguments.choice("warmup_type", "linear", TYPES),
        arguments.choice("decay_type", "cosine", TYPES),
        arguments.share("min_lr_ratio", 0),
        arguments.number("num_cycles", 0.5));
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
