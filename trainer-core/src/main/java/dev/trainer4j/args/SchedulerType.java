// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** How the learning rate moves over a run; each constant says which keys {@code lrSchedulerKwargs} takes. */
public enum SchedulerType {
  /** Warm up, then fall in a straight line to 0. No keys. */
  LINEAR,
  /** Warm up, then half a cosine to 0. Key {@code num_cycles} (0.5). */
  COSINE,
  /** Warm up, then cosines that start over. Key {@code num_cycles} (1). */
  COSINE_WITH_RESTARTS,
  /** Warm up, then a power of the way left. Keys {@code lr_end} (1e-7), {@code power} (1). */
  POLYNOMIAL,
  /** The learning rate as given. Takes neither a warmup nor keys. */
  CONSTANT,
  /** Warm up, then the learning rate as given. No keys. */
  CONSTANT_WITH_WARMUP,
  /** Warm up, then one over the square root of time. Key {@code timescale} (the warmup, or 10000 without one). */
  INVERSE_SQRT,
  /**
   * Lower the rate when the best-model metric stalls. Keys {@code mode}, {@code factor}, {@code patience}, {@code threshold},
   * {@code threshold_mode}, {@code cooldown}, {@code min_lr}, {@code eps}.
   */
  REDUCE_LR_ON_PLATEAU,
  /** A cosine to a floor. Keys {@code min_lr} or {@code min_lr_rate} (one is required), {@code num_cycles} (0.5). */
  COSINE_WITH_MIN_LR,
  /** As {@link #COSINE_WITH_MIN_LR}, with the further key {@code warmup_lr_rate}, where the warmup starts. */
  COSINE_WARMUP_WITH_MIN_LR,
  /**
   * Warm up, stay, decay. Keys {@code num_decay_steps} (required), {@code num_stable_steps}, {@code warmup_type}, {@code decay_type},
   * {@code min_lr_ratio} (0), {@code num_cycles} (0.5).
   */
  WARMUP_STABLE_DECAY,
  /**
   * Raise the rate while the best-model metric improves, lower it while it does not. Keys {@code mode}, {@code factor}, {@code patience},
   * {@code threshold}, {@code threshold_mode}, {@code min_lr}, {@code max_lr}, {@code eps}, {@code cooldown}, {@code warmup},
   * {@code smooth}, {@code window_size}, {@code reset_start}.
   */
  GREEDY;

  /**
   * Whether this schedule moves with the evaluations rather than with the updates, and so needs an eval strategy.
   *
   * @return true for {@link #REDUCE_LR_ON_PLATEAU} and {@link #GREEDY}
   */
  public boolean isMetricDriven() {
    return this == REDUCE_LR_ON_PLATEAU || this == GREEDY;
  }
}
