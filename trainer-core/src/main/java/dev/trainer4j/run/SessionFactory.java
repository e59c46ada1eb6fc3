// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.FrozenTensors;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.schedule.LearningRateScheduler;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.torch.Threads;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Makes what a run needs, for a run from nothing and for one that goes on. */
public final class SessionFactory {

  private final TrainingArguments args;
  private final TrainableModel model;
  private final ProcessGroup processes;
  private final Function<List<NamedParameter>, Optimizer> optimizers;
  private final IntFunction<LearningRateScheduler> schedulers;

  /**
   * Collects the makers.
   *
   * @param optimizers from trainable parameters to their optimizer
   * @param schedulers from the updates of the run to its schedule
   */
  public SessionFactory(
      TrainingArguments args,
      TrainableModel model,
      ProcessGroup processes,
      Function<List<NamedParameter>, Optimizer> optimizers,
      IntFunction<LearningRateScheduler> schedulers) {
    this.args = args;
    this.model = model;
    this.processes = processes;
    this.optimizers = optimizers;
    this.schedulers = schedulers;
  }

  /**
   * Makes a session at its start.
   *
   * @param past the history that it goes on from
   * @param before what a run computed with that this one goes on from
   */
  public TrainingSession create(
      DataLoader loader, TrainingPlan plan, TrainerState past, RunBefore before) {
    FollowingOptimizer trained = new FollowingOptimizer(model, optimizers);
    try {
      MicroBatches batches = microBatches(loader, plan, before.microBatch());
      return new TrainingSession(
          plan,
          batches,
          trained,
          schedulers.apply(Math.toIntExact(plan.maxSteps())),
          new TrainingProgress(plan, startState(plan, past, batches.size())),
          new LossTracker(),
          new PhaseClock(),
          args.fp16() ? new LossScaler(batches::perUpdate) : null,
          Threads.of(boxed(args.torchNumThreads()), Optional.ofNullable(before.numThreads())),
          before.frozenAtStart() == null ? FrozenTensors.of(model) : before.frozenAtStart());
    } catch (RuntimeException e) {
      trained.close();
      throw e;
    }
  }

  private static Optional<Integer> boxed(OptionalInt number) {
    return number.isPresent() ? Optional.of(number.getAsInt()) : Optional.empty();
  }

  private MicroBatches microBatches(DataLoader loader, TrainingPlan plan, int found) {
    MicroBatches batches = new MicroBatches(loader, plan.microBatchesPerUpdate());
    if (args.autoFindBatchSize()) {
      batches.use(1); // Now, and not in the night, if the loader cannot.
      batches.use(batches.fits(found) ? found : loader.batchSize());
    }
    return batches;
  }

  /** The state a run starts with: intervals from its own arguments, the past from the checkpoint. */
  private TrainerState startState(TrainingPlan plan, TrainerState past, int trainBatchSize) {
    int total = Math.toIntExact(plan.maxSteps());
    boolean evaluates =
        args.evalStrategy() == IntervalStrategy.STEPS || args.evalSteps().isPresent();
    return new TrainerState(
        past.epoch(),
        past.globalStep(),
        plan.maxSteps(),
        args.loggingStepsFor(total),
        evaluates ? args.evalStepsFor(total) : past.evalSteps(),
        args.saveStepsFor(total),
        trainBatchSize,
        plan.numTrainEpochs(),
        past.numInputTokensSeen(),
        past.totalFlos(),
        past.logHistory(),
        past.bestMetric(),
        past.bestGlobalStep(),
        past.bestModelCheckpoint(),
        processes.localRank() == 0,
        processes.isMain(),
        Map.of());
  }
}
