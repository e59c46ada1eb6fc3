// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.LoopTimes;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.schedule.LearningRateScheduler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** What callbacks see of a trainer, following its phases. */
final class LiveContext implements CallbackContext {

  private final TrainingArguments args;
  private final TrainableModel model;
  private final BiFunction<DataSource<?>, String, EvaluationOutput> evaluation;
  private final ModelSaving saving;
  private final Runnable pushBegins;
  private @Nullable TrainingSession session;
  private @Nullable List<Double> lastRates;

  /** A callback may evaluate within an evaluation. */
  private final Deque<DataLoader> evalLoaders = new ArrayDeque<>();

  /** Writes the model into a folder. */
  @FunctionalInterface
  interface ModelSaving {
    void save(Path folder) throws IOException;
  }

  /**
   * Shows what there is.
   *
   * @param evaluation evaluates data under a prefix
   * @param pushBegins tells callbacks that a push begins
   */
  LiveContext(
      TrainingArguments args,
      TrainableModel model,
      BiFunction<DataSource<?>, String, EvaluationOutput> evaluation,
      ModelSaving saving,
      Runnable pushBegins) {
    this.args = args;
    this.model = model;
    this.evaluation = evaluation;
    this.saving = saving;
    this.pushBegins = pushBegins;
  }

  void trainingWith(@Nullable TrainingSession current) {
    if (session != null) {
      lastRates = session.learningRates();
    }
    session = current;
  }

  /** Returns the rate of each group for the next update, of the last run if none is in progress. */
  Optional<List<Double>> learningRates() {
    return session == null ? Optional.ofNullable(lastRates) : Optional.of(session.learningRates());
  }

  /** Notes the loader of an evaluation that begins; null for the end of the innermost. */
  void evaluating(@Nullable DataLoader loader) {
    if (loader == null) {
      evalLoaders.pop();
    } else {
      evalLoaders.push(loader);
    }
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
    return Optional.ofNullable(evalLoaders.peek());
  }

  @Override
  public Map<String, Double> evaluate(DataSource<?> dataset, String metricKeyPrefix) {
    if (metricKeyPrefix.isEmpty()
        || metricKeyPrefix.equals("eval")
        || metricKeyPrefix.startsWith("eval_")) {
      throw new IllegalArgumentException(
          "metricKeyPrefix is '"
              + metricKeyPrefix
              + "', but metrics called eval_... are those of the run's own evaluations; give another"
              + " prefix, such as \"probe\", or ask for the run's evaluation with"
              + " TrainerControl.requestEvaluate()");
    }
    return evaluation.apply(dataset, metricKeyPrefix).metrics();
  }

  @Override
  public void saveModel(Path folder) throws IOException {
    saving.save(folder);
  }

  @Override
  public void beginPush() {
    pushBegins.run();
  }
}
