// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.schedule.LearningRateScheduler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What a callback may read besides the state. Everything in it belongs to the trainer. */
public interface CallbackContext {

  /** The run's arguments. */
  TrainingArguments args();

  /** The model being trained. */
  TrainableModel model();

  /** The optimizer; present while training. */
  Optional<Optimizer> optimizer();

  /** The learning rate's scheduler; present while training. */
  Optional<LearningRateScheduler> scheduler();

  /** The training data; present while training. */
  Optional<DataLoader> trainDataLoader();

  /** Where the time has gone since {@code train()} was called; present while training. */
  Optional<LoopTimes> times();

  /** The data being evaluated; present during an evaluation or prediction. */
  Optional<DataLoader> evalDataLoader();

  /**
   * Evaluates the model on data of the callback's own, at once, in whatever event. It has its log line and
   * {@link TrainerCallback#onEvaluate}, as every evaluation, but nothing of the run goes by it: what the run is
   * about to log, evaluate and save stays due, and neither the best model nor early stopping takes notice. With
   * several processes, all of them must call it.
   *
   * <p>To have the run evaluate on its own data, ask with {@link TrainerControl#requestEvaluate}.
   *
   * @param metricKeyPrefix what stands before the metrics' names and an underscore, such as {@code probe}
   * @return the metrics by name, prefix included
   * @throws IllegalArgumentException if the prefix is empty, {@code eval} or begins with {@code eval_}: these
   *     are the names of the run's own evaluations
   */
  Map<String, Double> evaluate(DataSource<?> dataset, String metricKeyPrefix);

  /**
   * Writes the model as it is now, and what belongs beside it, as {@code Trainer.saveModel} does. With
   * several processes, all of them must call it.
   *
   * @param folder is created if it does not exist; files of the same names are replaced
   * @throws IOException if a file cannot be written
   */
  void saveModel(Path folder) throws IOException;

  /** Tells every callback that a push to the Hub is about to start ({@link TrainerCallback#onPushBegin}). */
  void beginPush();
}
