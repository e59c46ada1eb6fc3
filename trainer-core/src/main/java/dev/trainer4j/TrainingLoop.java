// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.BatchIterator;
import dev.trainer4j.state.LogEntry;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The training loop.
 *
 * <pre>{@code
 * train begin
 * for each epoch
 *   epoch begin
 *   for each update: n micro batches                     DataLoader
 *     step begin
 *     for each micro batch: trainingStep                 Trainer
 *       computeLoss                                      Trainer
 *       backward                                         torch
 *       substep end (all but the last)
 *     clip                                               optim
 *     before optimizer step, optimizer step, after optimizer step
 *     zero gradients, state advances
 *     step end -> react: log -> evaluate -> save
 *   epoch end -> react
 * train end
 * }</pre>
 */
final class TrainingLoop {

  private final Trainer trainer;
  private final TrainingSession session;
  private final CallbackDispatcher callbacks;
  private final TrainerControl control;
  private final TrainingProgress progress;

  private long samplesHere;
  private long updatesHere;

  TrainingLoop(Trainer trainer, TrainingSession session) {
    this.trainer = trainer;
    this.session = session;
    callbacks = trainer.callbacks();
    control = trainer.control();
    progress = session.progress();
  }

  TrainOutput run() {
    long start = System.nanoTime();
    callbacks.onTrainBegin(progress.snapshot());
    if (trainer.args().evalOnStart() && progress.globalStep() == 0) {
      trainer.evaluateAll();
    }
    try (UpdateStep update = new UpdateStep(trainer, session)) {
      boolean done = isDone(progress.epoch()) && !progress.isEpochEndPending();
      while (!done) {
        runEpoch(update);
        done = isDone(progress.epoch() + 1);
        if (!done) {
          progress.nextEpoch();
        }
      }
    }
    return finish((System.nanoTime() - start) / 1e9);
  }

  /** Whether {@code nextEpoch} is not to be run. */
  private boolean isDone(long nextEpoch) {
    return nextEpoch >= session.plan().numTrainEpochs()
        || progress.globalStep() >= session.plan().maxSteps()
        || control.shouldTrainingStop();
  }

  private void runEpoch(UpdateStep update) {
    progress.beginEpoch();
    callbacks.onEpochBegin(progress.snapshot());
    try (BatchIterator batches =
        session
            .loader()
            .iterate(trainer.model().manager(), progress.epoch(), progress.samplesInEpoch())) {
      while (!control.shouldEpochStop() && !control.shouldTrainingStop() && batches.hasNext()) {
        runUpdate(update, batches);
      }
      if (progress.samplesInEpoch() == 0) {
        throw new IllegalStateException(
            "the training data gave no batch in epoch " + progress.epoch());
      }
      // What is saved from here on resumes in the next epoch, if this one is really over.
      if (control.shouldEpochStop() || !batches.hasNext()) {
        progress.endEpoch();
      }
    }
    callbacks.onEpochEnd(progress.snapshot());
    react();
  }

  private void runUpdate(UpdateStep update, BatchIterator batches) {
    UpdateOutcome outcome = update.run(batches);
    samplesHere += outcome.samples();
    updatesHere++;
    session.losses().add(outcome);
    progress.advance(outcome);
    callbacks.onStepEnd(progress.snapshot());
    if (trainer.isStopRequested()) {
      control.requestTrainingStop();
      // Whoever asks for the end wants to go on later, from here.
      if (trainer.args().saveStrategy() != IntervalStrategy.NO) {
        control.requestSave();
      }
    }
    react();
  }

  /** Serves what callbacks asked for, in an order in which each can use what came before. */
  private void react() {
    if (control.shouldLog() && !session.losses().isWindowEmpty()) {
      log();
    }
    boolean best = false;
    if (control.shouldEvaluate()) {
      best = trainer.best().isNewBest(evaluate(), progress);
    }
    if (control.shouldSave() || (best && trainer.best().savesBest())) {
      trainer.saveCheckpoint(session);
      callbacks.onSave(progress.snapshot());
    }
  }

  private void log() {
    Map<String, Double> line = new LinkedHashMap<>();
    Map<String, Double> means = session.losses().drainWindow();
    line.put("loss", means.getOrDefault("loss", Double.NaN));
    line.put("grad_norm", session.losses().gradientNorm());
    line.put("learning_rate", session.losses().learningRate());
    means.forEach(line::putIfAbsent);
    trainer.emitLog(line);
  }

  private Map<String, Double> evaluate() {
    Map<String, Double> metrics = trainer.evaluateAll();
    if (session.scheduler().isMetricDriven()) {
      session.scheduler().onMetric(trainer.best().metric(metrics));
    }
    return metrics;
  }

  private TrainOutput finish(double seconds) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    double loss = session.losses().trainLoss();
    Speed.put(metrics, "train_", seconds, samplesHere, updatesHere);
    metrics.put("train_loss", loss);
    LogEntry summary = trainer.emitLog(metrics);
    trainer.loadBestModel(session);
    callbacks.onTrainEnd(progress.snapshot());
    return new TrainOutput(progress.globalStep(), loss, summary.values(), stopReason());
  }

  private StopReason stopReason() {
    if (progress.globalStep() >= session.plan().maxSteps()) {
      return StopReason.COMPLETED;
    }
    return trainer.isStopRequested() ? StopReason.REQUESTED : StopReason.CALLBACK;
  }
}
