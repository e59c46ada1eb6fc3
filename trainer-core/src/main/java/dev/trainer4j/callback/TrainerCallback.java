// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.util.Map;

/**
 * Looks on while a model trains.
 *
 * <p>Override the events of interest; all do nothing by default. The events come in this order,
 * callbacks in the order they were added:
 *
 * <pre>{@code
 * onInitEnd
 * onTrainBegin
 * for each epoch
 *   onEpochBegin
 *   for each update
 *     onStepBegin
 *     onSubstepEnd             after each micro batch but the last
 *     onPreOptimizerStep       gradients are clipped
 *     onOptimizerStep          parameters have changed, gradients still stand
 *     onStepEnd                globalStep has advanced
 *     onLog, then (onPredictionStep ..., onLog, onEvaluate), then onSave, as far as asked for
 *   onEpochEnd                 and again log, evaluate, save as far as asked for
 * onLog                        the summary
 * onTrainEnd                 or, if training fails anywhere from onTrainBegin on, onTrainError
 * }</pre>
 *
 * <p>An exception stops the run and names the callback and the event. Methods are called by the
 * thread that trains. A callback whose fields must survive a restart implements {@link
 * StatefulCallback}.
 */
public interface TrainerCallback {

  /** Called once, when the trainer has been built. */
  default void onInitEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /** Called before the first epoch, after a checkpoint to resume from has been loaded. */
  default void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /** Called after the last epoch and the summary; not called if training fails. */
  default void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /**
   * Called last if training fails: after {@link #onTrainBegin} has been called for at least one
   * callback, and never when {@link #onTrainEnd} has returned for all. A place to mark a run as
   * failed and to close what it holds open; {@code train()} throws the error in any case.
   *
   * <p>Every callback is told, also after one has thrown; what they throw is added to the error as
   * suppressed.
   *
   * @param state as it was when training failed, perhaps within an update
   * @param error what {@code train()} is going to throw: a {@link CallbackException} if a callback
   *     has thrown
   */
  default void onTrainError(CallbackContext ctx, TrainerState state, Throwable error) {}

  /** Called before each epoch, also when a resumed run enters it in the middle. */
  default void onEpochBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /** Called after the last update of each epoch, also of one that was stopped. */
  default void onEpochEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /** Called before the first micro batch of each update. */
  default void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /**
   * Called after clipping and before the optimizer changes the parameters; not called for an update
   * that is skipped. Gradients can be read from the parameters.
   */
  default void onPreOptimizerStep(
      CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /** Called after the optimizer changed the parameters and before the gradients are zeroed. */
  default void onOptimizerStep(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /** Called after each micro batch of an update but the last. */
  default void onSubstepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /** Called after each update; {@code state.globalStep()} counts it already. */
  default void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /**
   * Called after each evaluation of one data set.
   *
   * @param metrics values by name, prefix included
   */
  default void onEvaluate(
      CallbackContext ctx,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {}

  /**
   * Called after each {@code predict}.
   *
   * @param metrics values by name, prefix included
   */
  default void onPredict(
      CallbackContext ctx,
      TrainerState state,
      TrainerControl control,
      Map<String, Double> metrics) {}

  /**
   * Called after a checkpoint has been written; with {@code asyncSave} after its contents have been
   * copied, when the folder may not be there yet.
   */
  default void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /** Called with each log line, which is already in the history. */
  default void onLog(
      CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {}

  /** Called after each batch of an evaluation or prediction. */
  default void onPredictionStep(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /** Called before a push to the Hub starts; never without a push. */
  default void onPushBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {}
}
