// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.nio.file.Path;
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
 *     onSubstepBegin           before each micro batch
 *     onSubstepEnd             after each micro batch but the last
 *     onNonFinite              if a loss or the gradient norm is not finite
 *     onPreOptimizerStep       gradients are clipped
 *     onOptimizerStep          parameters have changed, gradients still stand
 *     onStepEnd                globalStep has advanced
 *     onPreLog, onLog, then (onPredictionStep ..., onLog, onEvaluate), then onSave and
 *                              onCheckpointCommitted (with asyncSave later), as far as asked for
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

  /**
   * Called before the first micro batch of each update; once more, and its micro batches with it, when
   * {@code autoFindBatchSize} begins an update again.
   */
  default void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /**
   * Called after clipping and before the optimizer changes the parameters; not called for an update
   * that is skipped. Gradients can be read from the parameters.
   */
  default void onPreOptimizerStep(
      CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /** Called after the optimizer changed the parameters and before the gradients are zeroed. */
  default void onOptimizerStep(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /**
   * Called before each micro batch.
   *
   * @param inputs what the model is about to see; closed with the micro batch
   */
  default void onSubstepBegin(
      CallbackContext ctx, TrainerState state, TrainerControl control, ModelInputs inputs) {}

  /**
   * Called when a loss or the gradient norm of an update is not finite, before the trainer does what
   * {@code nanPolicy} says. The gradients still stand as backward has summed them up: neither
   * divided nor clipped. An optimizer that brings an update of its own may leave this out.
   *
   * @param update what was found
   */
  default void onNonFinite(
      CallbackContext ctx, TrainerState state, TrainerControl control, NonFiniteUpdate update) {}

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

  /**
   * Called when a checkpoint stands under its name, after its {@link #onSave}: at once, or with {@code
   * asyncSave} when the training thread next looks, which is after an update, before the next save
   * and before {@link #onTrainEnd}. Not called for one that a run that fails leaves to the background.
   *
   * @param state as it is now; with {@code asyncSave} perhaps some updates behind the checkpoint
   * @param folder {@code checkpoint-N}, whole and synced to disk; a later save may rotate it away
   */
  default void onCheckpointCommitted(
      CallbackContext ctx, TrainerState state, TrainerControl control, Path folder) {}

  /**
   * Called before a log line of training is written; the only event in which {@link
   * TrainerControl#addToLog} may be used.
   */
  default void onPreLog(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /** Called with each log line, which is already in the history. */
  default void onLog(
      CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {}

  /** Called after each batch of an evaluation or prediction. */
  default void onPredictionStep(CallbackContext ctx, TrainerState state, TrainerControl control) {}

  /** Called before a push to the Hub starts, as the argument {@code pushToHub} has it; never without one. */
  default void onPushBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {}
}
