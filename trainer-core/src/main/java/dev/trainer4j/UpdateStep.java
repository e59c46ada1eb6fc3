// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.data.Batch;
import dev.trainer4j.data.BatchIterator;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.model.TrainingPass;
import dev.trainer4j.optim.ParameterGroups;
import dev.trainer4j.optim.UpdateRanks;
import dev.trainer4j.optim.UpdateRequest;
import dev.trainer4j.optim.UpdateResult;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.report.RunLog;
import dev.trainer4j.run.LossScaler;
import dev.trainer4j.run.MemoryShortage;
import dev.trainer4j.run.TrainingProgress;
import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.run.UpdateOutcome;
import dev.trainer4j.saving.RunCheckpoints;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.FreshGradients;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.torch.TiedTensors;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One update: micro batches forward and backward, then the optimizer's stations.
 *
 * <p>Each micro batch has a scope that owns its arrays; only the scalars of its loss outlive it.
 */
final class UpdateStep implements AutoCloseable {

  private final TrainingArguments args;
  private final TrainableModel model;
  private final TrainingSession session;
  private final TrainerHooks hooks;
  private final PassChoice passes;
  private final CallbackDispatcher callbacks;
  private final ProcessGroup processes;
  private final UpdateRanks ranks;
  private final SharedBuffers buffers;
  private final RunCheckpoints checkpoints;
  private final TrainingProgress progress;
  private final UpdateLosses losses;
  private final UpdateEvents events;
  private final UpdateVerdict verdict;
  private final InputCount counts;

  UpdateStep(
      TrainingArguments args,
      TrainableModel model,
      TrainingSession session,
      TrainerHooks hooks,
      PassChoice passes,
      CallbackDispatcher callbacks,
      ProcessGroup processes,
      UpdateRanks ranks,
      RunCheckpoints checkpoints,
      RunLog log) {
    this.args = args;
    this.model = model;
    this.session = session;
    this.hooks = hooks;
    this.passes = passes;
    this.callbacks = callbacks;
    this.processes = processes;
    this.ranks = ranks;
    buffers = new SharedBuffers(args, model, processes);
    this.checkpoints = checkpoints;
    progress = session.progress();
    losses = new UpdateLosses(model.manager());
    events = new UpdateEvents(callbacks, progress, losses, args.nanPolicy());
    verdict = new UpdateVerdict(args.nanPolicy(), log);
    counts = new InputCount(args.includeNumInputTokensSeen(), model);
    dropGradients();
  }

  /** What the micro batches of an update have read. */
  private record Consumed(
      int microBatches, long samples, @Nullable Map<String, Object> streamState) {}

  /**
   * Runs the next update from {@code batches}, which must have a next one.
   *
   * @throws MemoryShortage with autoFindBatchSize, if memory runs out before anything was changed but the
   *     gradients; the update may be run again
   */
  UpdateOutcome run(BatchIterator batches) {
    callbacks.onStepBegin(progress.snapshot());
    followTrainable();
    LossScaler scaler = session.lossScaler();
    if (scaler != null) {
      scaler.beginUpdate();
    }
    counts.reset();
    try {
      Consumed consumed = runMicroBatchesOrAgree(batches);
      UpdateTotals totals = losses.totals(ranks, (double) counts.tokens(), counts.flos());
      requireSums(totals.areMeans());
      UpdateResult result = update(totals);
      buffers.give();
      return outcome(consumed, result, totals);
    } finally {
      losses.release();
    }
  }

  /** If memory runs short on one rank, all of them make the update again. */
  private Consumed runMicroBatchesOrAgree(BatchIterator batches) {
    if (!args.autoFindBatchSize() || ranks.isAlone()) {
      return runMicroBatches(batches);
    }
    MemoryShortage shortage = null;
    Consumed consumed = null;
    try {
      consumed = runMicroBatches(batches);
    } catch (MemoryShortage e) {
      shortage = e;
    }
    boolean anywhere = ranks.any(shortage != null);
    if (anywhere || consumed == null) {
      throw shortage == null ? MemoryShortage.elsewhere() : shortage;
    }
    return consumed;
  }

  private Consumed runMicroBatches(BatchIterator batches) {
    int microBatches = 0;
    long samples = 0;
    boolean last;
    Map<String, Object> streamState;
    do {
      try (ArrayScope scope = ArrayScope.open();
          Batch batch = noticingShortage(batches::next)) {
        if (batch.isEmpty()) { // Only other ranks have samples.
          followTrainable();
        } else {
          callbacks.onSubstepBegin(progress.snapshot(), batch.inputs());
          useThreads(batch);
          counts.add(batch.inputs());
          long start = System.nanoTime();
          losses.add(forwardBackward(batch, microBatches));
          session.clock().ranForwardBackward(start);
        }
        collect();
        samples += batch.roundSampleCount();
        streamState = batch.streamState();
      }
      microBatches++;
      last = microBatches == session.batches().perUpdate() || !batches.hasNext();
      if (!last) {
        callbacks.onSubstepEnd(progress.snapshot());
      }
    } while (!last);
    return new Consumed(microBatches, samples, streamState);
  }

  /** Ranks that share gradients out do not wait for the update, nor for whether all of them had samples. */
  private void collect() {
    LossScaler scaler = session.lossScaler();
    session.optimizer().collect(ranks, scaler == null ? 1 : scaler.seed());
  }

  /** The first micro batch decides how many threads libtorch takes for an operation. */
  private void useThreads(Batch batch) {
    if (session.threads().count().isEmpty()) {
      long size =
          TiedTensors.distinct(model.state()).values().stream().mapToLong(NDArray::size).sum();
      session.threads().use(size, batch.inputs().toNDList());
    }
  }

  /** One micro batch, its random numbers a function of its position. */
  private LossOutput forwardBackward(Batch batch, int microBatch) {
    followTrainable();
    TrainingPass pass = passes.pass();
    long seed = Seeds.mix(args.seed(), progress.globalStep(), microBatch, processes.rank());
    pass.begin(seed);
    try {
      return noticingShortage(
          () ->
              Seeds.with(
                  seed,
                  () -> {
                    try (Autograd.Recording on = Autograd.record(true)) {
                      return hooks.trainingStep(
                          new MicroBatchPass(pass, session.lossScaler()), batch.inputs());
                    }
                  }));
    } finally {
      pass.end();
    }
  }

  /** Callbacks, hooks and users may freeze and release parameters whenever they like. */
  private void followTrainable() {
    if (session.trained().isOutdated()) {
      checkpoints.awaitWritten(); // It may be reading the state that goes.
      session.trained().follow();
    }
  }

  /** Runs what may be run again when memory is short. */
  private <T> T noticingShortage(Supplier<T> work) {
    if (!args.autoFindBatchSize()) {
      return work.get();
    }
    try {
      return work.get();
    } catch (RuntimeException | OutOfMemoryError e) {
      MemoryShortage shortage = MemoryShortage.of(e);
      if (shortage == null) {
        throw e;
      }
      throw shortage;
    }
  }

  /** A mean of means is another loss where micro batches became smaller. */
  private void requireSums(boolean means) {
    if (means && session.batches().isSplit()) {
      throw new IllegalStateException(
          "autoFindBatchSize: memory did not suffice, and this model gives the mean of a micro batch"
              + " (LossOutput.mean), of which smaller ones make another loss; return"
              + " LossOutput.of(sum, weight), or set perDeviceTrainBatchSize to "
              + session.batches().size()
              + " and gradientAccumulationSteps to "
              + session.batches().perUpdate());
    }
  }

  /** Weight, synchronize, norm, agree, clip, step, zero: see {@code PhasedUpdate}. */
  private UpdateResult update(UpdateTotals totals) {
    LossScaler scaler = session.lossScaler();
    UpdateRequest request =
        new UpdateRequest(
            totals.losses(),
            totals.weight(),
            scaler == null ? 1 : scaler.seed(),
            args.maxGradNorm(),
            session.rateFactor(),
            scaler != null || args.nanPolicy() != NanPolicy.CONTINUE,
            ranks);
    checkpoints.awaitCopied();
    // An optimizer or callback of the user's own may compute with arrays: outside of autograd, and
    // what it leaves behind is closed.
    try (ArrayScope scope = ArrayScope.open();
        Autograd.Recording off = Autograd.record(false)) {
      long start = System.nanoTime();
      UpdateResult result = session.optimizer().update(request, events);
      session.clock().ranOptimizer(start);
      return result;
    }
  }

  private UpdateOutcome outcome(Consumed consumed, UpdateResult result, UpdateTotals totals) {
    double factor = session.rateFactor();
    verdict.judge(progress.globalStep() + 1, result, losses.values(), session.lossScaler());
    double weight = result.weight();
    return new UpdateOutcome(
        result.lossSum() / weight,
        totals.areMeans() ? 1 : weight,
        totals.hasParts() ? losses.partMeans(weight, ranks) : Map.of(),
        result.gradientNorm(),
        ParameterGroups.rates(session.optimizer().groups()).stream()
            .map(rate -> rate * factor)
            .toList(),
        result.stepTaken(),
        session.batches().asPlanned(consumed.microBatches(), consumed.samples()),
        consumed.samples(),
        (long) totals.tokens(),
        totals.flos(),
        consumed.streamState());
  }

  /** Drops the gradients that an update has left which failed in its middle. */
  void dropGradients() {
    passes.dropGradients();
    FreshGradients fresh = session.optimizer().freshGradients();
    if (fresh != null) {
      fresh.drop();
    }
  }

  @Override
  public void close() {
    passes.close();
    losses.close();
    ranks.close();
  }
}
