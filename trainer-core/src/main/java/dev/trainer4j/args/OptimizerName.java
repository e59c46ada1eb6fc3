// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** The optimizers; each constant says which keys {@code optimArgs} takes. */
public enum OptimizerName {
  /** Adam with decoupled weight decay; the same implementation as {@link #ADAMW_TORCH_FUSED}. Key {@code amsgrad}. */
  ADAMW_TORCH,
  /** Adam with decoupled weight decay, a whole update in one call. Key {@code amsgrad}. */
  ADAMW_TORCH_FUSED,
  /** Adam with weight decay added to the gradient; Hugging Face has no name for it. Key {@code amsgrad}. */
  ADAM,
  /** Stochastic gradient descent. Keys {@code momentum}, {@code dampening}, {@code weight_decay}, {@code nesterov}. */
  SGD,
  /** Adagrad. Keys {@code lr_decay}, {@code weight_decay}, {@code eps}, {@code initial_accumulator_value}. */
  ADAGRAD,
  /** RMSprop. Keys {@code momentum}, {@code alpha}, {@code eps}, {@code weight_decay}, {@code centered}. */
  RMSPROP,
  /**
   * Adafactor, with neither scaled parameters nor relative steps unless asked for. Keys {@code scale_parameter},
   * {@code relative_step}, {@code warmup_init}, {@code beta1}, {@code clip_threshold}, {@code decay_rate}, {@code eps1}, {@code eps2}.
   */
  ADAFACTOR,
  /** Lion: steps by the sign of a momentum. It reads {@code adamBeta1} and {@code adamBeta2}, and takes no keys. */
  LION_32BIT,
  /**
   * AdEMAMix: AdamW with a second, slow average of gradients. Keys {@code beta1}, {@code beta2} and {@code eps}, which go before
   * {@code adamBeta1} and its like, {@code beta3}, {@code alpha}, {@code t_alpha}, {@code t_beta3}.
   */
  ADEMAMIX,
  /** StableAdamW: AdamW that shrinks a tensor's step where its gradients jump. Keys {@code decouple_lr}, {@code max_lr}. */
  STABLE_ADAMW,
  /** AdamW with state of 8 bits in blocks, as bitsandbytes has it. It takes no keys. */
  ADAMW_8BIT,
  /** Another name of {@link #ADAMW_8BIT}. */
  ADAMW_BNB_8BIT,
  /**
   * Schedule-free AdamW: averages weights in place of a schedule, and evaluates and saves the average. It wants {@code lrSchedulerType}
   * constant, and warms up in {@code warmupSteps} by itself. Keys {@code r}, {@code weight_lr_power}.
   */
  SCHEDULE_FREE_ADAMW,
  /** Schedule-free RAdam, which needs no {@code warmupSteps}. Keys {@code r}, {@code weight_lr_power}. */
  SCHEDULE_FREE_RADAM,
  /** Schedule-free SGD with momentum 0.9, like {@link #SCHEDULE_FREE_ADAMW}. Keys {@code r}, {@code weight_lr_power}. */
  SCHEDULE_FREE_SGD;

  /** Whether it takes the place of a schedule. */
  boolean isScheduleFree() {
    return this == SCHEDULE_FREE_ADAMW || this == SCHEDULE_FREE_RADAM || this == SCHEDULE_FREE_SGD;
  }

  /** Whether it warms up in {@code warmupSteps} by itself. */
  boolean warmsUp() {
    return this == SCHEDULE_FREE_ADAMW || this == SCHEDULE_FREE_SGD;
  }

  /** Whether {@code adamBeta1} and {@code adamBeta2} mean anything to this optimizer. */
  boolean readsBetas() {
    return this == LION_32BIT || readsEpsilon();
  }

  /** Whether {@code adamEpsilon} means anything to this optimizer. */
  boolean readsEpsilon() {
    return switch (this) {
      case ADAMW_TORCH,
          ADAMW_TORCH_FUSED,
          ADAM,
          ADEMAMIX,
          STABLE_ADAMW,
          ADAMW_8BIT,
          ADAMW_BNB_8BIT,
          SCHEDULE_FREE_ADAMW,
          SCHEDULE_FREE_RADAM ->
          true;
      case SGD, ADAGRAD, RMSPROP, ADAFACTOR, LION_32BIT, SCHEDULE_FREE_SGD -> false;
    };
  }
}
