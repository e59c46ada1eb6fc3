// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.callback.LoopTimes;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.BatchIterator;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.torch.TorchFunctions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

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
 * train end, or train error
 * }</pre>
 */
final class TrainingLoop {

  private final Trainer trainer;
  private final TrainingSession session;
  private final CallbackDispatcher callbacks;
  private final TrainerControl control;
  private final TrainingProgress progress;

  /** The update up to which everything is saved, or was when this run began. */
  private long savedStep;

  private @Nullable StopReason interruption;

  TrainingLoop(Trainer trainer, TrainingSession session) {
    this.trainer = trainer;
    this.session = session;
    callbacks = trainer.callbacks();
    control = trainer.control();
    progress = session.progress();
  }

  TrainOutput run() {
    try {
      return train();
    } catch (RuntimeException | Error e) {
      callbacks.onTrainError(progress.snapshot(), e);
      throw e;
    } finally {
      trainer.awaitCopied(); // The session closes next, and with it the optimizer's state.
    }
  }

  private TrainOutput train() {
    long start = System.nanoTime();
    savedStep = progress.globalStep();
    callbacks.onTrainBegin(progress.snapshot());
    if (trainer.args().evalOnStart() && progress.globalStep() == 0) {
      trainer.evaluateAll();
    }
    noticeStop();
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
    return finish(start);
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
    if (progress.isEpochStopPending()) {
      control.requestEpochStop();
    }
    boolean read = false;
    while (!read) {
      try {
        readEpoch(update);
        read = true;
      } catch (MemoryShortage e) {
        update.forget();
        shrink(e);
      }
    }
    if (interruption != null) {
      // The epoch goes on in the run that resumes, and its end comes there.
      return;
    }
    callbacks.onEpochEnd(progress.snapshot());
    progress.serveEpochEnd();
    react();
    if (!isDone(progress.epoch() + 1) && noticeStop()) {
      react();
    }
  }

  /** Runs the updates of the epoch from where the run stands. */
  private void readEpoch(UpdateStep update) {
    try (BatchIterator batches =
        new TimedBatches(
            session.batches().iterate(trainer.model().manager(), progress), session.clock())) {
      boolean stopped = isStopped();
      while (!stopped && batches.hasNext()) {
        runUpdate(update, batches);
        stopped = isStopped();
      }
      if (interruption != null) {
        return;
      }
      if (!stopped && progress.samplesInEpoch() == 0) {
        throw new IllegalStateException(
            "the training data gave no batch in epoch " + progress.epoch());
      }
      // What is saved from here on resumes in the next epoch, if this one is really over.
      if (control.shouldEpochStop() || !batches.hasNext()) {
        progress.endEpoch();
      }
    }
  }

  /** Makes the update that ran out of memory, and all that follow, go on in smaller micro batches. */
  private void shrink(MemoryShortage shortage) {
    MicroBatches batches = session.batches();
    int before = batches.size();
    TorchFunctions.emptyCache(trainer.model().manager().getDevice());
    if (!batches.shrink()) {
      throw new IllegalStateException(
          "autoFindBatchSize: memory does not suffice for one sample ("
              + shortage.reason()
              + "); shorten the samples, set gradientCheckpointing or bf16, or take a smaller model",
          shortage.getCause());
    }
    progress.trainBatchSize(batches.size());
    trainer
        .runLog()
        .warn(
            "update {}: memory did not suffice for a micro batch of {} ({}); from here on an update"
                + " has {} micro batches of {}",
            progress.globalStep() + 1,
            before,
            shortage.reason(),
            batches.perUpdate(),
            batches.size());
  }

  /** Whether the epoch is to end although there may be more data. */
  private boolean isStopped() {
    return control.shouldEpochStop()
        || control.shouldTrainingStop()
        || progress.globalStep() >= session.plan().maxSteps();
  }

  private void runUpdate(UpdateStep update, BatchIterator batches) {
    UpdateOutcome outcome = update.run(batches);
    session.clock().count(outcome);
    session.losses().add(outcome);
    progress.advance(outcome);
    emptyCache();
    callbacks.onStepEnd(progress.snapshot());
    trainer.checkSaves();
    noticeStop();
    react();
    // An evaluation takes long, so this is when the end is likely to be asked for.
    if (noticeStop()) {
      react();
    }
  }

  private void emptyCache() {
    OptionalInt steps = trainer.args().torchEmptyCacheSteps();
    if (steps.isPresent() && progress.globalStep() % steps.getAsInt() == 0) {
      TorchFunctions.emptyCache(trainer.model().manager().getDevice());
    }
  }

  /**
   * Makes the run end, with a checkpoint, if somebody outside of it asks for that.
   *
   * @return whether that is news
   */
  private boolean noticeStop() {
    StopReason asked = trainer.stopRequest().reason();
    if (asked == null && control.shouldInterrupt()) {
      asked = StopReason.CALLBACK;
    }
    if (asked == null || interruption != null) {
      return false;
    }
    boolean signal = asked == StopReason.SIGNAL;
    if (!signal && progress.globalStep() >= session.plan().maxSteps()) {
      return false; // It ends by itself. A process that must go has no time even for that.
    }
    interruption = asked;
    control.requestInterruption(); // Whoever asked: onTrainEnd may want to know.
    control.requestTrainingStop();
    if (savedStep != progress.globalStep() && (signal || trainer.args().savesRegularly())) {
      control.requestSave();
    }
    return true;
  }

  /** Serves what callbacks asked for, in an order in which each can use what came before. */
  private void react() {
    if (control.shouldLog() && !session.losses().isWindowEmpty()) {
      long start = System.nanoTime();
      log();
      session.clock().logged(start);
    }
    boolean best = false;
    if (control.shouldEvaluate()) {
      long start = System.nanoTime();
      best = trainer.best().isNewBest(evaluate(), progress);
      session.clock().evaluated(start);
    }
    if (control.shouldSave() || (best && trainer.best().savesBest())) {
      long start = System.nanoTime();
      trainer.saveCheckpoint(session);
      savedStep = progress.globalStep();
      callbacks.onSave(progress.snapshot());
      trainer.tellCommitted();
      session.clock().saved(start);
    }
  }

  private void log() {
    Map<String, Double> line = new LinkedHashMap<>();
    Map<String, Double> means = session.losses().drainWindow();
    line.put("loss", means.getOrDefault("loss", Double.NaN));
    line.put("grad_norm", session.losses().gradientNorm());
    line.put("learning_rate", session.losses().learningRate());
    means.forEach(line::putIfAbsent);
    callbacks.onPreLog(progress.snapshot()).forEach(line::putIfAbsent);
    trainer.emitLog(line);
  }

  private Map<String, Double> evaluate() {
    Map<String, Double> metrics = trainer.evaluateAll();
    if (session.scheduler().isMetricDriven()) {
      session.scheduler().onMetric(trainer.best().metric(metrics));
    }
    return metrics;
  }

  private TrainOutput finish(long start) {
    trainer.awaitSaves();
    double seconds = (System.nanoTime() - start) / 1e9;
    Map<String, Double> metrics = new LinkedHashMap<>();
    double loss = session.losses().trainLoss();
    LoopTimes times = session.clock().times();
    Speed.put(metrics, "train_", seconds, times.samples(), times.updates());
    metrics.put("train_loss", loss);
    LogEntry summary = trainer.emitLog(metrics);
    trainer.loadBestModel(session);
    callbacks.onTrainEnd(progress.snapshot());
    return new TrainOutput(progress.globalStep(), loss, summary.values(), stopReason());
  }

  private StopReason stopReason() {
    if (interruption != null) {
      return interruption;
    }
    if (trainer.stopRequest().reason() == StopReason.SIGNAL) {
      return StopReason.SIGNAL; // Too late to change anything, but the caller must know.
    }
    return progress.globalStep() >= session.plan().maxSteps()
        ? StopReason.COMPLETED
        : StopReason.CALLBACK;
  }
}
