// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.OutputDirLock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Function;

/**
 * Trains trials, one after the other, each with other hyperparameters, and tells which were the best.
 *
 * <pre>{@code
 * SearchResult result = HyperparameterSearch.builder(args, space)
 *     .trials(20)
 *     .direction(Direction.MINIMIZE)
 *     .build()
 *     .run(trial -> Trainer.builder(() -> model(trial), trial.args())
 *         .trainDataset(train).evalDataset(test).build());
 * }</pre>
 *
 * <p>Each trial has the folder {@code run-N} below {@code outputDir}, and what happens is written to {@code search.jsonl} there.
 * A search that was killed, run again with the same settings, leaves out the trials that ended, goes on with the one that did
 * not from its newest checkpoint, and ends with the same result: the hyperparameters of a trial follow from the seed, its number
 * and the trials before it.
 *
 * <p>A trial that fails, for lack of memory or because a loss is not a number, is recorded as failed, and the search goes on.
 */
public final class HyperparameterSearch {

  private final SearchSettings settings;
  private final List<SearchListener> listeners;

  HyperparameterSearch(SearchSettings settings, List<SearchListener> listeners) {
    this.settings = settings;
    this.listeners = List.copyOf(listeners);
  }

  /**
   * Starts a search.
   *
   * @param args what all trials have in common; {@code outputDir} is the folder of the search
   * @param space what they differ in
   */
  public static HyperparameterSearchBuilder builder(TrainingArguments args, SearchSpace space) {
    return new HyperparameterSearchBuilder(args, space);
  }

  /**
   * Runs the search, or goes on with it.
   *
   * @param trainers makes what trains a trial, which starts from a model of its own and has {@code trial.args()}; it is closed
   *     when the trial has ended
   * @return all trials, also those of before a restart
   * @throws IllegalArgumentException if {@code search.jsonl} is of another search
   * @throws IllegalStateException if all trials failed
   * @throws SearchInterruptedException if the training of a trial was asked to stop
   */
  public SearchResult run(Function<Trial, ? extends TrialTrainer> trainers) {
    try (OutputDirLock lock = OutputDirLock.acquire(settings.args().outputDir())) {
      return new SearchRun(settings, listeners, trainers).run();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the search in " + settings.args().outputDir() + " cannot begin: " + e.getMessage(), e);
    }
  }
}
