// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.schedule.LearningRateScheduler;
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
}
