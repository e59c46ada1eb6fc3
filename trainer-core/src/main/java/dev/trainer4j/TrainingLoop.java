// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.args.InputTokenCount;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.callback.LoopTimes;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.BatchIterator;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.report.LogLines;
import dev.trainer4j.report.Speed;
import dev.trainer4j.run.MemoryShortage;
import dev.trainer4j.run.MicroBatches;
import dev.trainer4j.run.TimedBatches;
import dev.trainer4j.run.TrainingProgress;
import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.run.UpdateOutcome;
import dev.trainer4j.saving.RunCheckpoints;
import dev.trainer4j.state.LogEntry;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The training loop.
 *
 * <pre>{@code
 * train begin
 * for each epoch                                         TrainingLoop
 *   epoch begin
 *   for each update: n micro batches                     DataLoader
 *     step begin
 *     for each micro batch: trainingStep                 UpdateStep, TrainingPass, Trainer
 *       computeLoss                                      Trainer
 *       backward                                         TrainingPass
 *       substep end (all but the last)
 *     weight, synchronize, norm, agree, clip             optim: PhasedUpdate, or one kernel
 *     before optimizer step, optimizer step, after optimizer step
 *     zero gradients
 *     schedule, state advances                           TrainingProgress
 *     step end -> agree -> react: log, evaluate, save    StopNotice, Reactions
 *   epoch end -> react
 * train end, or train error
 * }</pre>
 */
final class TrainingLoop {

  private final TrainingArguments args;
  private final TrainingSession session;
  private final Supplier<UpdateStep> updates;
  private final CallbackDispatcher callbacks;
  private final TrainerControl control;
  private final Reactions reactions;
  private final StopNotice stop;
  private final Agreement agreement;
  private final RunCheckpoints checkpoints;
  private final LogLines lines;
  private final PeriodicEvaluation evaluation;
  private final DeviceMemory memory;
  private final TrainingProgress progress;
  private final long firstTokens;

  TrainingLoop(
      TrainingArguments args,
      TrainingSession session,
      Supplier<UpdateStep> updates,
      CallbackDispatcher callbacks,
      Reactions reactions,
      StopNotice stop,
      Agreement agreement,
      RunCheckpoints checkpoints,
      LogLines lines,
      PeriodicEvaluation evaluation,
      DeviceMemory memory) {
    this.args = args;
    this.session = session;
    this.updates = updates;
    this.callbacks = callbacks;
    control = callbacks.control();
    this.reactions = reactions;
    this.stop = stop;
    this.agreement = agreement;
    this.checkpoints = checkpoints;
    this.lines = lines;
    this.evaluation = evaluation;
    this.memory = memory;
    progress = session.progress();
    firstTokens = progress.tokensSeen();
  }

  TrainOutput run() {
    try {
      return train();
    } catch (RuntimeException | Error e) {
      callbacks.onTrainError(progress.snapshot(), e);
      throw e;
    } finally {
      checkpoints.awaitCopied(); // The session closes next, and with it the optimizer's state.
    }
  }

  private TrainOutput train() {
    long start = System.nanoTime();
    callbacks.onTrainBegin(progress.snapshot());
    if (args.evalOnStart() && progress.globalStep() == 0) {
      evaluation.evaluate();
    }
    noticeStop();
    try (UpdateStep update = updates.get()) {
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
        || isAtEnd()
        || control.shouldTrainingStop();
  }

  private boolean isAtEnd() {
    return progress.globalStep() >= session.plan().maxSteps();
  }

  private void runEpoch(UpdateStep update) {
    progress.beginEpoch();
    callbacks.onEpochBegin(progress.snapshot());
    agree();
    if (progress.isEpochStopPending()) {
      control.requestEpochStop();
    }
    boolean read = false;
    while (!read) {
      try {
        readEpoch(update);
        read = true;
      } catch (MemoryShortage e) {
        update.dropGradients();
        memory.shrink(session, e);
      }
    }
    if (stop.interruption() != null) {
      // The epoch goes on in the run that resumes, and its end comes there.
      return;
    }
    callbacks.onEpochEnd(progress.snapshot());
    progress.serveEpochEnd();
    agree();
    react();
    if (!isDone(progress.epoch() + 1) && noticeStop()) {
      react();
    }
  }

  /** Runs the updates of the epoch from where the run stands. */
  private void readEpoch(UpdateStep update) {
    MicroBatches micro = session.batches();
    try (BatchIterator batches =
        new TimedBatches(micro.iterate(memory.owner(), progress), session.clock())) {
      boolean stopped = isStopped();
      while (!stopped && batches.hasNext()) {
        runUpdate(update, batches);
        stopped = isStopped();
      }
      if (stop.interruption() != null) {
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

  /** Whether the epoch is to end although there may be more data. */
  private boolean isStopped() {
    return control.shouldEpochStop() || control.shouldTrainingStop() || isAtEnd();
  }

  private void runUpdate(UpdateStep update, BatchIterator batches) {
    UpdateOutcome outcome = update.run(batches);
    session.clock().count(outcome);
    session.losses().add(outcome);
    progress.advance(outcome);
    memory.afterUpdate(progress.globalStep());
    callbacks.onStepEnd(progress.snapshot());
    checkpoints.check();
    noticeStop();
    // An evaluation takes long, so this is when the end is likely to be asked for.
    if (reactions.react() && noticeStop()) {
      react();
    }
  }

  /** Serves what ranks have agreed on; they agree anew behind it. */
  private void react() {
    if (reactions.react()) {
      agree(); // It has events of its own, in which somebody may ask to stop.
    }
  }

  /** What a callback asks for on one rank, all ranks do. */
  private void agree() {
    control.join(agreement.union(control.requests()));
  }

  /** Returns whether the run is to end from here on; ranks agree in the same message. */
  private boolean noticeStop() {
    long all = agreement.union(control.requests() | stop.asked());
    control.join(all);
    return stop.notice(all, isAtEnd(), reactions.isSaved());
  }

  private TrainOutput finish(long start) {
    checkpoints.await();
    double seconds = (System.nanoTime() - start) / 1e9;
    Map<String, Double> metrics = new LinkedHashMap<>();
    double loss = session.losses().trainLoss();
    LoopTimes times = session.clock().times();
    Speed.put(metrics, "train_", seconds, times.samples(), times.updates());
    if (args.includeNumInputTokensSeen() != InputTokenCount.NO) {
      double tokens = progress.tokensSeen() - firstTokens;
      metrics.put("train_tokens_per_second", Math.round(tokens / seconds * 1e3) / 1e3);
      metrics.put("num_input_tokens_seen", (double) progress.tokensSeen());
    }
    if (progress.flos() > 0) {
      metrics.put("total_flos", progress.flos());
    }
    metrics.put("train_loss", loss);
    LogEntry summary = lines.emit(metrics);
    session.trained().lendWeights(); // For good: what was trained is a model now.
    if (args.loadBestModelAtEnd()) {
      checkpoints.loadBest(progress);
    }
    if (stop.interruption() == null) { // Else the newest is what goes on.
      checkpoints.keepBestAlone(progress);
    }
    callbacks.onTrainEnd(progress.snapshot());
    return new TrainOutput(progress.globalStep(), loss, summary.values(), stop.reason(isAtEnd()));
  }
}
