// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.testing;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;

/** Ends a run with an exception after a number of updates, at the next update or at epoch end. */
public final class Crash implements TrainerCallback {

  private final long step;
  private final boolean atEpochEnd;

  private Crash(long step, boolean atEpochEnd) {
    this.step = step;
    this.atEpochEnd = atEpochEnd;
  }

  /** Crashes before update {@code step + 1}. */
  public static Crash after(long step) {
    return new Crash(step, false);
  }

  /** Crashes in the epoch end behind update {@code step}. */
  public static Crash atEpochEndAfter(long step) {
    return new Crash(step, true);
  }

  @Override
  public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    crashIf(!atEpochEnd, state);
  }

  @Override
  public void onEpochEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    crashIf(atEpochEnd, state);
  }

  private void crashIf(boolean here, TrainerState state) {
    if (here && state.globalStep() == step) {
      throw new IllegalStateException("crash after update " + step);
    }
  }
}
