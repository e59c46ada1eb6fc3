// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

import dev.trainer4j.state.CallbackState;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What callbacks may ask of the loop.
 *
 * <p>Logs, evaluations and checkpoints are served at the next reaction point: after {@code
 * onStepEnd} and after {@code onEpochEnd}. So ask in these events, or in others between {@code
 * onStepBegin} and them; {@code onStepBegin} withdraws what was asked before it, as in Hugging
 * Face's Trainer. A request to stop is served at the next step or epoch boundary. Not thread-safe; from other threads use {@code Trainer.requestStop()}.
 */
public final class TrainerControl {

  private static final Set<String> OWN_VALUES =
      Set.of("loss", "grad_norm", "learning_rate", "epoch", "step");

  private @Nullable Map<String, Double> logLine;
  private boolean trainingStop;
  private boolean interruption;
  private boolean epochStop;
  private boolean save;
  private boolean evaluate;
  private boolean log;
  private Serving serving = Serving.NOTHING;
  private int eventsInProgress;

  /** What the loop is answering at the moment. */
  enum Serving {
    NOTHING,
    LOG,
    EVALUATION
  }

  /** Ends training after this step. */
  public void requestTrainingStop() {
    trainingStop = true;
  }

  /**
   * Ends training after this step as {@code Trainer.requestStop()} does: with a checkpoint, if any
   * are saved regularly, and in the middle of the epoch, which a resumed run goes on with.
   */
  public void requestInterruption() {
    interruption = true;
  }

  /** Ends the epoch after this step and goes on with the next. */
  public void requestEpochStop() {
    epochStop = true;
  }

  /** Writes a checkpoint at the next reaction point. */
  public void requestSave() {
    save = true;
  }

  /** Evaluates at the next reaction point. */
  public void requestEvaluate() {
    evaluate = true;
  }

  /** Logs loss, gradient norm and learning rate at the next reaction point. */
  public void requestLog() {
    log = true;
  }

  /**
   * Adds a value to the line that is about to be logged; in {@code onPreLog}.
   *
   * @throws IllegalStateException in any other event
   * @throws IllegalArgumentException if another callback has added a value of that name, or every
   *     line has one
   */
  public void addToLog(String name, double value) {
    Map<String, Double> line = logLine;
    if (line == null) {
      throw new IllegalStateException(
          "'" + name + "' cannot be logged now; call addToLog in onPreLog");
    }
    if (OWN_VALUES.contains(name) || line.putIfAbsent(name, value) != null) {
      throw new IllegalArgumentException(
          "the log line has a value called '" + name + "' already; choose another name");
    }
  }

  /** Returns whether training ends after this step. */
  public boolean shouldTrainingStop() {
    return trainingStop;
  }

  /**
   * Returns whether training is interrupted after this step, by a callback, {@code
   * Trainer.requestStop()}, {@code maxTrainTime} or a signal. In {@code onTrainEnd} it tells a run
   * that was cut short from one that ended as planned, or as early stopping wants it.
   */
  public boolean shouldInterrupt() {
    return interruption;
  }

  /** Returns whether the epoch ends after this step. */
  public boolean shouldEpochStop() {
    return epochStop;
  }

  /** Returns whether a checkpoint is due. */
  public boolean shouldSave() {
    return save;
  }

  /** Returns whether an evaluation is due. */
  public boolean shouldEvaluate() {
    return evaluate;
  }

  /** Returns whether a log line is due. */
  public boolean shouldLog() {
    return log;
  }

  /**
   * Returns whether the evaluation in progress is the run's own: one that {@code evalStrategy}, {@code
   * evalOnStart} or {@link #requestEvaluate} asked for. It is false in the events of an evaluation that a
   * callback or a hook makes itself, of whatever data, and outside of training.
   */
  public boolean isServingEvaluation() {
    return serving == Serving.EVALUATION && eventsInProgress <= 1;
  }

  /** Returns what Hugging Face keeps of it in {@code trainer_state.json}; for information only. */
  public CallbackState state() {
    return new CallbackState(
        Map.of(
            "should_training_stop", trainingStop,
            "should_epoch_stop", epochStop,
            "should_save", save,
            "should_evaluate", evaluate,
            "should_log", log),
        Map.of());
  }

  /** Returns what is asked for, as flags that ranks can join. */
  public long requests() {
    return flag(trainingStop, 1)
        | flag(interruption, 2)
        | flag(epochStop, 4)
        | flag(save, 8)
        | flag(evaluate, 16)
        | flag(log, 32);
  }

  private static long flag(boolean on, long value) {
    return on ? value : 0;
  }

  /** Takes over what was asked for on other ranks; see {@link #requests}. */
  public void join(long requests) {
    trainingStop = (requests & 1) != 0;
    interruption = (requests & 2) != 0;
    epochStop = (requests & 4) != 0;
    save = (requests & 8) != 0;
    evaluate = (requests & 16) != 0;
    log = (requests & 32) != 0;
  }

  void beginLogLine() {
    logLine = new LinkedHashMap<>();
  }

  Map<String, Double> endLogLine() {
    Map<String, Double> line = logLine == null ? Map.of() : logLine;
    logLine = null;
    return line;
  }

  // Requests are withdrawn where Hugging Face's callback handler does it: before the event that
  // opens a phase, and with the event that serves the request. An event that is fired from within
  // another one serves nothing of the loop's: a callback evaluates there on its own.

  Serving serve(Serving what) {
    Serving before = serving;
    serving = what;
    return before;
  }

  void beginEvent() {
    eventsInProgress++;
  }

  void endEvent() {
    eventsInProgress--;
  }

  private boolean isOfTheLoop() {
    return eventsInProgress == 0;
  }

  void beginTraining() {
    trainingStop = false;
    interruption = false;
  }

  void beginEpoch() {
    epochStop = false;
  }

  void beginStep() {
    save = false;
    evaluate = false;
    log = false;
  }

  void saved() {
    save = false;
  }

  void evaluated() {
    if (serving == Serving.EVALUATION && isOfTheLoop()) {
      evaluate = false;
    }
  }

  void logged() {
    if (serving != Serving.NOTHING && isOfTheLoop()) {
      log = false;
    }
  }
}
