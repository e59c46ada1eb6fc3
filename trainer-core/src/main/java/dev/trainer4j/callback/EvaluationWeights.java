// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

/**
 * A callback that has other weights for evaluations, predictions and saved models than those that
 * are trained.
 *
 * <p>A trainer takes one of them. It calls the two methods in pairs, also if what is between them
 * fails.
 */
public interface EvaluationWeights extends TrainerCallback {

  /** Puts the other weights into the model. */
  void lend(CallbackContext ctx);

  /** Puts the trained weights back, exactly as they were. */
  void giveBack(CallbackContext ctx);
}
