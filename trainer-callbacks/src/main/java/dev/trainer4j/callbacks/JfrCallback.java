// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.LoopTimes;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import org.jspecify.annotations.Nullable;

/**
 * Writes each update, and what follows it, as events of JDK Flight Recorder.
 *
 * <p>{@code dev.trainer4j.Update} has the step, its samples and micro batches, and how long it waited
 * for data, ran forward and backward, and changed the parameters. {@code dev.trainer4j.Reaction}
 * comes after an update that was followed by a log line, an evaluation or a checkpoint. Both stand
 * beside garbage collections, allocations and locks on one time line. Nothing is written, and next
 * to nothing is spent, while no recording runs; start one with {@code
 * -XX:StartFlightRecording:filename=run.jfr} or {@code jcmd <pid> JFR.start}.
 */
public final class JfrCallback implements TrainerCallback {

  private LoopTimes before = LoopTimes.ZERO;
  private LoopTimes afterUpdate = LoopTimes.ZERO;
  private @Nullable UpdateEvent update;
  private @Nullable ReactionEvent reaction;

  /** Makes the callback. */
  public JfrCallback() {}

  private static LoopTimes now(CallbackContext ctx) {
    return ctx.times().orElse(LoopTimes.ZERO);
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    update = null;
    reaction = null;
  }

  @Override
  public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    react(ctx);
    UpdateEvent event = new UpdateEvent();
    update = event.isEnabled() ? event : null;
    if (update != null) {
      before = now(ctx);
      event.begin();
    }
  }

  @Override
  public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    UpdateEvent event = update;
    if (event != null) {
      event.end();
      afterUpdate = now(ctx);
      LoopTimes spent = afterUpdate.minus(before);
      event.step = state.globalStep();
      event.samples = spent.samples();
      event.microBatches = spent.microBatches();
      event.dataWait = spent.dataWaitNanos();
      event.forwardBackward = spent.forwardBackwardNanos();
      event.optimizer = spent.optimizerNanos();
      event.commit();
      update = null;
    }
    ReactionEvent next = new ReactionEvent();
    reaction = next.isEnabled() ? next : null;
    if (reaction != null) {
      afterUpdate = now(ctx);
      next.step = state.globalStep();
      next.begin();
    }
  }

  @Override
  public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    react(ctx);
  }

  @Override
  public void onTrainError(CallbackContext ctx, TrainerState state, Throwable error) {
    react(ctx);
  }

  private void react(CallbackContext ctx) {
    ReactionEvent event = reaction;
    reaction = null;
    if (event == null) {
      return;
    }
    event.end();
    LoopTimes spent = now(ctx).minus(afterUpdate);
    event.logging = spent.loggingNanos();
    event.evaluation = spent.evaluationNanos();
    event.saving = spent.savingNanos();
    if (event.logging + event.evaluation + event.saving > 0) {
      event.commit();
    }
  }
}
