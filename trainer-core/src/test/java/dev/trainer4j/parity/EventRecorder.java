// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.parity;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes down every event with the step at which it came, under Hugging Face's names. */
public final class EventRecorder implements TrainerCallback {

  /** One event. */
  public record Event(String name, long step) {}

  public final List<Event> events = new ArrayList<>();

  private void add(String name, TrainerState state) {
    events.add(new Event(name, state.globalStep()));
  }

  @Override
  public void onInitEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    add("on_init_end", state);
  }

  @Override
  public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    add("on_train_begin", state);
  }

  @Override
  public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    add("on_train_end", state);
  }

  @Override
  public void onEpochBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    add("on_epoch_begin", state);
  }

  @Override
  public void onEpochEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    add("on_epoch_end", state);
  }

  @Override
  public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    add("on_step_begin", state);
  }

  @Override
  public void onPreOptimizerStep(CallbackContext ctx, TrainerState state, TrainerControl control) {
    add("on_pre_optimizer_step", state);
  }

  @Override
  public void onOptimizerStep(CallbackContext ctx, TrainerState state, TrainerControl control) {
    add("on_optimizer_step", state);
  }

  @Override
  public void onSubstepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    add("on_substep_end", state);
  }

  @Override
  public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    add("on_step_end", state);
  }

  @Override
  public void onEvaluate(
      CallbackContext ctx,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {
    add("on_evaluate", state);
  }

  @Override
  public void onPredict(
      CallbackContext ctx,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {
    add("on_predict", state);
  }

  @Override
  public void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {
    add("on_save", state);
  }

  @Override
  public void onLog(
      CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
    add("on_log", state);
  }

  @Override
  public void onPredictionStep(CallbackContext ctx, TrainerState state, TrainerControl control) {
    add("on_prediction_step", state);
  }
}
