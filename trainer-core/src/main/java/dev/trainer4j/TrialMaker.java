// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.search.BestRun;
import dev.trainer4j.search.Direction;
import dev.trainer4j.search.HyperparameterSearch;
import dev.trainer4j.search.SearchInterruptedException;
import dev.trainer4j.search.SearchSpace;
import dev.trainer4j.search.Trial;
import dev.trainer4j.search.TrialTrainer;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/** Makes a trainer for each trial of a search, as another trainer was made. */
final class TrialMaker {

  private final TrainerBuilder<?> recipe;
  private final Function<TrainerBuilder<?>, ? extends TrialTrainer> trainers;
  private final boolean hasCallbacks;

  /**
   * Keeps what the trainer was made of, but for its callbacks.
   *
   * @param trainers makes a trainer of a builder
   */
  TrialMaker(
      TrainerBuilder<?> builder, Function<TrainerBuilder<?>, ? extends TrialTrainer> trainers) {
    recipe = builder.withArgs(builder.args);
    hasCallbacks = !builder.callbacks.isEmpty();
    this.trainers = trainers;
  }

  /**
   * Searches for the best trial.
   *
   * @param subclass the name of the trainer's class, empty if that is the class that {@code trainers} makes
   */
  BestRun search(String subclass, SearchSpace space, int trials, Direction direction) {
    requireRecipe(subclass, space);
    return HyperparameterSearch.builder(recipe.args, space)
        .trials(trials)
        .direction(direction)
        .build()
        .run(trial -> trainers.apply(recipe.withArgs(trial.args())))
        .best()
        .orElseThrow(() -> new IllegalStateException("no trial was trained to its end"));
  }

  private void requireRecipe(String subclass, SearchSpace space) {
    String instead =
        "; search with HyperparameterSearch.builder(args, space)...run(trial -> ...), which makes a trainer"
            + " for each trial";
    if (!subclass.isEmpty()) {
      throw new IllegalStateException(
          "a trainer of the class " + subclass + " cannot be made again from here" + instead);
    }
    if (recipe.modelInit == null) {
      throw new IllegalStateException(
          "each trial must start from its own weights, and this trainer was given a model; give it what makes"
              + " one, Trainer.builder(() -> model, args)");
    }
    if (hasCallbacks) {
      throw new IllegalStateException(
          "the callbacks of this trainer would see all trials as one run" + instead);
    }
    if (space.names().stream().anyMatch(name -> name.startsWith("model."))) {
      throw new IllegalArgumentException(
          "the space has names for what makes the model, which modelInit of this trainer does not see"
              + instead);
    }
  }

  /** Throws if a trainer is not that of a trial, or one of several processes. */
  static void requireArgs(TrainingArguments args, Trial trial, ProcessGroup processes) {
    Map<String, Object> mine = args.toMap();
    boolean same =
        args.outputDir().equals(trial.args().outputDir())
            && trial.hyperparameters().keySet().stream()
                .allMatch(name -> Objects.equals(mine.get(name), trial.args().toMap().get(name)));
    if (!same) {
      throw new IllegalArgumentException(
          "the trainer of "
              + trial.runId()
              + " has another outputDir or other hyperparameters than the trial; make it with trial.args()");
    }
    if (processes.worldSize() > 1) {
      throw new IllegalArgumentException(
          "a search runs in one process, and this is one of " + processes.worldSize());
    }
  }

  /** Throws if a run did not end by itself, or because it was pruned or its time was up. */
  static void requireEnd(Trial trial, StopReason reason) {
    if (reason == StopReason.SIGNAL || reason == StopReason.REQUESTED) {
      throw new SearchInterruptedException(trial, reason.name().toLowerCase(Locale.ROOT));
    }
  }
}
