// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.state.CallbackState;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Hands every event to every callback in order and withdraws the requests that an event serves.
 *
 * <p>Callbacks may be added and removed from within an event; the change counts from the next one.
 */
public final class CallbackDispatcher {

  /** The names of the files of a checkpoint itself. */
  private static final Set<String> RESERVED_FILES = Set.of("model", "optimizer");

  private final List<TrainerCallback> callbacks = new CopyOnWriteArrayList<>();
  private final CallbackContext context;
  private final TrainerControl control;
  private volatile boolean watched;

  /** Makes a dispatcher without callbacks. */
  public CallbackDispatcher(CallbackContext context, TrainerControl control) {
    this.context = context;
    this.control = control;
  }

  /**
   * Adds a callback behind the others.
   *
   * @throws IllegalArgumentException if it is there already, or its state's key is taken
   */
  public void add(TrainerCallback callback) {
    if (callbacks.contains(callback)) {
      throw new IllegalArgumentException("callback " + callback + " was added before");
    }
    if (callback instanceof StatefulCallback stateful) {
      stateful()
          .filter(other -> other.stateKey().equals(stateful.stateKey()))
          .findFirst()
          .ifPresent(
              other -> {
                throw new IllegalArgumentException(
                    "two callbacks save their state as '"
                        + stateful.stateKey()
                        + "'; let one of them return another stateKey()");
              });
    }
    if (callback instanceof EvaluationWeights) {
      refuseSecond(EvaluationWeights.class, callback, "has weights for evaluations");
    }
    if (callback instanceof TensorCallback tensors) {
      requireFile(tensors);
    }
    callbacks.add(callback);
    noteWatchers();
  }

  private void refuseSecond(Class<?> type, TrainerCallback callback, String what) {
    callbacks.stream()
        .filter(type::isInstance)
        .findFirst()
        .ifPresent(
            other -> {
              throw new IllegalArgumentException(
                  callback + " " + what + ", but so has " + other + "; use one of them");
            });
  }

  private void requireFile(TensorCallback callback) {
    String file = callback.tensorFile();
    if (!file.matches("[a-z][a-z0-9_]*") || RESERVED_FILES.contains(file)) {
      throw new IllegalArgumentException(
          callback
              + " saves tensors as '"
              + file
              + "'; tensorFile() must be lower case letters, digits and _, and none of "
              + RESERVED_FILES);
    }
    tensorCallbacks()
        .filter(other -> other.tensorFile().equals(file))
        .findFirst()
        .ifPresent(
            other -> {
              throw new IllegalArgumentException(
                  "two callbacks save tensors as '"
                      + file
                      + "'; let one of them return another tensorFile()");
            });
  }

  /** Removes a callback; returns whether it was there. */
  public boolean remove(TrainerCallback callback) {
    boolean removed = callbacks.remove(callback);
    noteWatchers();
    return removed;
  }

  /** Returns what callbacks ask through. */
  public TrainerControl control() {
    return control;
  }

  /** Returns the callbacks in order. */
  public List<TrainerCallback> callbacks() {
    return List.copyOf(callbacks);
  }

  /**
   * Returns whether a callback overrides {@code onPreOptimizerStep} or {@code onOptimizerStep} and
   * so needs the update in separate phases.
   */
  public boolean watchesUpdates() {
    return watched;
  }

  /** Returns whether a callback overrides {@code onNonFinite}, where it may look at gradients. */
  public boolean looksForCulprits() {
    return callbacks.stream().anyMatch(c -> overrides(c, "onNonFinite", NonFiniteUpdate.class));
  }

  /** Asked once an update, so it is found out only when the callbacks change. */
  private void noteWatchers() {
    watched =
        callbacks.stream()
            .anyMatch(c -> overrides(c, "onPreOptimizerStep") || overrides(c, "onOptimizerStep"));
  }

  private static boolean overrides(TrainerCallback callback, String event, Class<?>... more) {
    List<Class<?>> parameters =
        new ArrayList<>(List.of(CallbackContext.class, TrainerState.class, TrainerControl.class));
    parameters.addAll(List.of(more));
    try {
      return callback
              .getClass()
              .getMethod(event, parameters.toArray(Class<?>[]::new))
              .getDeclaringClass()
          != TrainerCallback.class;
    } catch (NoSuchMethodException e) {
      throw new LinkageError(event + " is not an event", e);
    }
  }

  /** Returns the state of all stateful callbacks by key. */
  public Map<String, CallbackState> states() {
    Map<String, CallbackState> states = new LinkedHashMap<>();
    stateful().forEach(callback -> states.put(callback.stateKey(), callback.state()));
    return states;
  }

  /**
   * Gives saved states back to the callbacks of the same keys.
   *
   * @param file where they come from, for messages
   * @return the keys of those that no callback took
   * @throws IllegalArgumentException if a callback cannot use its state
   */
  public Set<String> restore(Map<String, CallbackState> states, Path file) {
    Set<String> left = new TreeSet<>(states.keySet());
    stateful()
        .forEach(
            callback -> {
              CallbackState state = states.get(callback.stateKey());
              if (state != null) {
                restore(callback, state, file);
                left.remove(callback.stateKey());
              }
            });
    return left;
  }

  private static void restore(StatefulCallback callback, CallbackState state, Path file) {
    try {
      callback.restore(state);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          file
              + ": "
              + callback.getClass().getSimpleName()
              + " cannot use the state at stateful_callbacks."
              + callback.stateKey()
              + ": "
              + e.getMessage(),
          e);
    }
  }

  /** Returns the tensors of all callbacks that have some, by the name of their file. */
  public Map<String, Map<String, NDArray>> tensors() {
    Map<String, Map<String, NDArray>> files = new LinkedHashMap<>();
    tensorCallbacks()
        .filter(callback -> !callback.tensors().isEmpty())
        .forEach(callback -> files.put(callback.tensorFile(), callback.tensors()));
    return files;
  }

  /** Returns the names of the files that callbacks may want back. */
  public List<String> tensorFiles() {
    return tensorCallbacks().map(TensorCallback::tensorFile).toList();
  }

  /** Gives saved tensors back to the callback of this file. */
  public void restoreTensors(String file, Map<String, NDArray> saved) {
    tensorCallbacks()
        .filter(callback -> callback.tensorFile().equals(file))
        .forEach(callback -> callback.restoreTensors(context, saved));
  }

  private Stream<TensorCallback> tensorCallbacks() {
    return callbacks.stream()
        .filter(TensorCallback.class::isInstance)
        .map(TensorCallback.class::cast);
  }

  /** Weights that are in the model until this is closed. */
  public interface Lent extends AutoCloseable {
    @Override
    void close();
  }

  /** Returns whether a callback has weights for evaluations. */
  public boolean hasEvaluationWeights() {
    return callbacks.stream().anyMatch(EvaluationWeights.class::isInstance);
  }

  /** Puts a callback's weights for evaluations into the model, if one has them. */
  public Lent lendWeights() {
    for (TrainerCallback callback : callbacks) {
      if (callback instanceof EvaluationWeights weights) {
        weights.lend(context);
        return () -> weights.giveBack(context);
      }
    }
    return () -> {};
  }

  private Stream<StatefulCallback> stateful() {
    return callbacks.stream()
        .filter(StatefulCallback.class::isInstance)
        .map(StatefulCallback.class::cast);
  }

  /** Runs what serves the request for a log line: the line's event withdraws it. */
  public void serveLog(Runnable work) {
    serve(
        TrainerControl.Serving.LOG,
        () -> {
          work.run();
          return true;
        });
  }

  /** Runs what serves the request for an evaluation: its events withdraw it. */
  public <T> T serveEvaluation(Supplier<T> work) {
    return serve(TrainerControl.Serving.EVALUATION, work);
  }

  private <T> T serve(TrainerControl.Serving what, Supplier<T> work) {
    TrainerControl.Serving before = control.serve(what);
    try {
      return work.get();
    } finally {
      control.serve(before);
    }
  }

  /** Fires {@code onInitEnd}. */
  public void onInitEnd(TrainerState state) {
    fire("onInitEnd", callback -> callback.onInitEnd(context, state, control));
  }

  /** Fires {@code onTrainBegin}. */
  public void onTrainBegin(TrainerState state) {
    control.beginTraining();
    fire("onTrainBegin", callback -> callback.onTrainBegin(context, state, control));
  }

  /** Fires {@code onTrainEnd}. */
  public void onTrainEnd(TrainerState state) {
    fire("onTrainEnd", callback -> callback.onTrainEnd(context, state, control));
  }

  /** Fires {@code onPushBegin}. */
  public void onPushBegin(TrainerState state) {
    fire("onPushBegin", callback -> callback.onPushBegin(context, state, control));
  }

  /** Fires {@code onTrainError}; what callbacks throw is added to {@code error}. */
  public void onTrainError(TrainerState state, Throwable error) {
    for (TrainerCallback callback : callbacks) {
      try {
        callback.onTrainError(context, state, error);
      } catch (RuntimeException e) {
        error.addSuppressed(new CallbackException(callback, "onTrainError", e));
      } catch (Error e) {
        // The others still have to close what they hold; an error cannot suppress itself.
        if (e != error) {
          error.addSuppressed(e);
        }
      }
    }
  }

  /** Fires {@code onEpochBegin}. */
  public void onEpochBegin(TrainerState state) {
    control.beginEpoch();
    fire("onEpochBegin", callback -> callback.onEpochBegin(context, state, control));
  }

  /** Fires {@code onEpochEnd}. */
  public void onEpochEnd(TrainerState state) {
    fire("onEpochEnd", callback -> callback.onEpochEnd(context, state, control));
  }

  /** Fires {@code onStepBegin}. */
  public void onStepBegin(TrainerState state) {
    control.beginStep();
    fire("onStepBegin", callback -> callback.onStepBegin(context, state, control));
  }

  /** Fires {@code onSubstepBegin}. */
  public void onSubstepBegin(TrainerState state, ModelInputs inputs) {
    fire("onSubstepBegin", callback -> callback.onSubstepBegin(context, state, control, inputs));
  }

  /** Fires {@code onNonFinite}. */
  public void onNonFinite(TrainerState state, NonFiniteUpdate update) {
    fire("onNonFinite", callback -> callback.onNonFinite(context, state, control, update));
  }

  /** Fires {@code onPreOptimizerStep}. */
  public void onPreOptimizerStep(TrainerState state) {
    fire("onPreOptimizerStep", callback -> callback.onPreOptimizerStep(context, state, control));
  }

  /** Fires {@code onOptimizerStep}. */
  public void onOptimizerStep(TrainerState state) {
    fire("onOptimizerStep", callback -> callback.onOptimizerStep(context, state, control));
  }

  /** Fires {@code onSubstepEnd}. */
  public void onSubstepEnd(TrainerState state) {
    fire("onSubstepEnd", callback -> callback.onSubstepEnd(context, state, control));
  }

  /** Fires {@code onStepEnd}. */
  public void onStepEnd(TrainerState state) {
    fire("onStepEnd", callback -> callback.onStepEnd(context, state, control));
  }

  /** Fires {@code onEvaluate}. */
  public void onEvaluate(TrainerState state, Map<String, Double> metrics) {
    control.evaluated();
    fire("onEvaluate", callback -> callback.onEvaluate(context, state, control, metrics));
  }

  /** Fires {@code onPredict}. */
  public void onPredict(TrainerState state, Map<String, Double> metrics) {
    fire("onPredict", callback -> callback.onPredict(context, state, control, metrics));
  }

  /** Fires {@code onSave}. */
  public void onSave(TrainerState state) {
    control.saved();
    fire("onSave", callback -> callback.onSave(context, state, control));
  }

  /** Fires {@code onCheckpointCommitted}. */
  public void onCheckpointCommitted(TrainerState state, Path folder) {
    fire(
        "onCheckpointCommitted",
        callback -> callback.onCheckpointCommitted(context, state, control, folder));
  }

  /** Fires {@code onPreLog}; returns what the callbacks add to the line, in their order. */
  public Map<String, Double> onPreLog(TrainerState state) {
    control.beginLogLine();
    fire("onPreLog", callback -> callback.onPreLog(context, state, control));
    return control.endLogLine();
  }

  /** Fires {@code onLog}. */
  public void onLog(TrainerState state, LogEntry logs) {
    control.logged();
    fire("onLog", callback -> callback.onLog(context, state, control, logs));
  }

  /** Fires {@code onPredictionStep}. */
  public void onPredictionStep(TrainerState state) {
    fire("onPredictionStep", callback -> callback.onPredictionStep(context, state, control));
  }

  private void fire(String event, Consumer<TrainerCallback> call) {
    control.beginEvent();
    try {
      for (TrainerCallback callback : callbacks) {
        try {
          call.accept(callback);
        } catch (RuntimeException e) {
          throw new CallbackException(callback, event, e);
        } catch (LinkageError e) {
          throw CallbackException.unlinked(callback, event, e);
        }
      }
    } finally {
      control.endEvent();
    }
  }
}
