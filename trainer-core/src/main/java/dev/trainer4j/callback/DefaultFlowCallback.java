// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static dev.trainer4j.args.IntervalStrategy.STEPS;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.state.TrainerState;
import java.time.Duration;

/**
 * Asks for logs, evaluations, checkpoints and the end as the arguments say.
 *
 * <p>Every trainer has it, first in order. Remove it to drive these by callbacks of your own.
 */
public final class DefaultFlowCallback implements TrainerCallback {

  private long lastSave;

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    lastSave = System.nanoTime();
  }

  @Override
  public void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {
    lastSave = System.nanoTime();
  }

  @Override
  public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    TrainingArguments args = ctx.args();
    long step = state.globalStep();
    boolean last = step >= state.maxSteps();

    if ((step == 1 && args.loggingFirstStep())
        || (args.loggingStrategy() == STEPS && step % state.loggingSteps() == 0)) {
      control.requestLog();
    }
    if (args.evalStrategy() == STEPS
        && step >= args.evalDelay()
        && (last || step % state.evalSteps() == 0)) {
      control.requestEvaluate();
    }
    if (args.saveStrategy() == STEPS && (last || step % state.saveSteps() == 0)) {
      control.requestSave();
    }
    if (args.saveInterval().isPresent()
        && (isOver(args.saveInterval().get()) || (last && args.saveStrategy() != EPOCH))) {
      control.requestSave();
    }
    if (last) {
      control.requestTrainingStop();
    }
  }

  private boolean isOver(Duration interval) {
    return interval.compareTo(Duration.ofNanos(System.nanoTime() - lastSave)) <= 0;
  }

  @Override
  public void onEpochEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    TrainingArguments args = ctx.args();
    if (args.loggingStrategy() == EPOCH) {
      control.requestLog();
    }
    if (args.evalStrategy() == EPOCH && state.epoch() >= args.evalDelay()) {
      control.requestEvaluate();
    }
    if (args.saveStrategy() == EPOCH) {
      control.requestSave();
    }
  }
}
