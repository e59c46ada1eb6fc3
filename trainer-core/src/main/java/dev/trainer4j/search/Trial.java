// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.TrainerCallback;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** One combination of hyperparameters that is to be trained, and what became of it so far. */
public final class Trial {

  private final int number;
  private final TrainingArguments args;
  private final Map<String, Object> hyperparameters;
  private final TrialProgress progress;
  private final TrialResources resources = new TrialResources();

  Trial(
      int number,
      TrainingArguments args,
      Map<String, Object> hyperparameters,
      TrialProgress progress) {
    this.number = number;
    this.args = args;
    this.hyperparameters = Collections.unmodifiableMap(new LinkedHashMap<>(hyperparameters));
    this.progress = progress;
  }

  static String runId(int number) {
    return "run-" + number;
  }

  /** Returns its number, from 0. */
  public int number() {
    return number;
  }

  /** Returns its name, {@code run-N}. */
  public String runId() {
    return runId(number);
  }

  /** Returns the search's arguments with the hyperparameters of this trial, in the folder {@code run-N} below theirs. */
  public TrainingArguments args() {
    return args;
  }

  /** Returns all hyperparameters by name. */
  public Map<String, Object> hyperparameters() {
    return hyperparameters;
  }

  /**
   * Returns a hyperparameter that is a number, such as {@code model.dropout}.
   *
   * @throws IllegalArgumentException if the space has no such name, or it is no number
   */
  public double number(String name) {
    return value(name, Number.class).doubleValue();
  }

  /**
   * Returns a hyperparameter that is a whole number, such as {@code model.hidden_size}.
   *
   * @throws IllegalArgumentException if the space has no such name, or it is no whole number
   */
  public int integer(String name) {
    return value(name, Integer.class);
  }

  /**
   * Returns a hyperparameter that is a text.
   *
   * @throws IllegalArgumentException if the space has no such name, or it is no text
   */
  public String text(String name) {
    return value(name, String.class);
  }

  /**
   * Returns a hyperparameter that is true or false.
   *
   * @throws IllegalArgumentException if the space has no such name, or it is neither
   */
  public boolean flag(String name) {
    return value(name, Boolean.class);
  }

  private <T> T value(String name, Class<T> type) {
    Object value = hyperparameters.get(name);
    if (!type.isInstance(value)) {
      throw new IllegalArgumentException(
          "the hyperparameter '"
              + name
              + "' "
              + (value == null ? "is not in the space" : "is " + value)
              + ", and was asked for as "
              + type.getSimpleName()
              + "; the space has "
              + hyperparameters);
    }
    return type.cast(value);
  }

  /**
   * Hands over what is to be closed when the trial has ended, such as its model.
   *
   * @return the same
   */
  public <T extends AutoCloseable> T closing(T resource) {
    resources.add(resource);
    return resource;
  }

  /**
   * Returns what a trainer of its own must be told of the training, and asks it to stop when the trial is pruned; {@code
   * Trainer.train(Trial)} does it.
   *
   * @param evaluationSets how many data sets each evaluation has
   */
  public TrainerCallback watch(int evaluationSets) {
    return new TrialWatch(progress, evaluationSets);
  }

  /**
   * Returns what the trial came to; for what implements {@link TrialTrainer}.
   *
   * @param trained updates made when training ended
   * @param sameModel whether the model is that of the last update, and not an earlier one that was put back
   * @param evaluation evaluates the model as it is; called unless the last evaluation was of it
   * @return all metrics of the model by name
   */
  public Map<String, Double> result(
      long trained, boolean sameModel, Supplier<Map<String, Double>> evaluation) {
    return progress
        .last()
        .filter(last -> last.pruned() || (sameModel && last.step() == trained))
        .map(TrialEvaluation::metrics)
        .orElseGet(evaluation);
  }

  TrialResources resources() {
    return resources;
  }
}
