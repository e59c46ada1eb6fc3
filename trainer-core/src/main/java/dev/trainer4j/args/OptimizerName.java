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
  ADAFACTOR;

  /** Whether {@code adamBeta1}, {@code adamBeta2} and {@code adamEpsilon} mean anything to this optimizer. */
  boolean isAdam() {
    return this == ADAMW_TORCH || this == ADAMW_TORCH_FUSED || this == ADAM;
  }
}
