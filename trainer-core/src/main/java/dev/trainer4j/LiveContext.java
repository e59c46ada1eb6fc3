// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.LoopTimes;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.schedule.LearningRateScheduler;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What callbacks see of a trainer, following its phases. */
final class LiveContext implements CallbackContext {

  private final TrainingArguments args;
  private final TrainableModel model;
  private @Nullable TrainingSession session;
  private @Nullable DataLoader evalLoader;

  LiveContext(TrainingArguments args, TrainableModel model) {
    this.args = args;
    this.model = model;
  }

  void trainingWith(@Nullable TrainingSession current) {
    session = current;
  }

  void evaluating(@Nullable DataLoader loader) {
    evalLoader = loader;
  }

  @Override
  public TrainingArguments args() {
    return args;
  }

  @Override
  public TrainableModel model() {
    return model;
  }

  @Override
  public Optional<Optimizer> optimizer() {
    return Optional.ofNullable(session).map(TrainingSession::optimizer);
  }

  @Override
  public Optional<LearningRateScheduler> scheduler() {
    return Optional.ofNullable(session).map(TrainingSession::scheduler);
  }

  @Override
  public Optional<DataLoader> trainDataLoader() {
    return Optional.ofNullable(session).map(session -> session.batches().loader());
  }

  @Override
  public Optional<LoopTimes> times() {
    return Optional.ofNullable(session).map(current -> current.clock().times());
  }

  @Override
  public Optional<DataLoader> evalDataLoader() {
    return Optional.ofNullable(evalLoader);
  }
}
