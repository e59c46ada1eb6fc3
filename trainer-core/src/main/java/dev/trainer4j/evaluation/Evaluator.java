// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.evaluation;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.report.RunLog;
import dev.trainer4j.run.ModelInitialization;
import dev.trainer4j.run.Precision;
import dev.trainer4j.run.RunState;
import dev.trainer4j.sharding.ParallelStrategy;
import dev.trainer4j.torch.Seeds;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Evaluates a model as it is: in the precision and with the weights that evaluations want. */
public final class Evaluator {

  /** Sets its random numbers apart from those of updates. */
  private static final long EVALUATION = 0x6576616c75617465L;

  private final TrainableModel model;
  private final Precision precision;
  private final EvaluationMetrics metrics;
  private final NDManager manager;
  private final ProcessGroup processes;
  private final ParallelStrategy strategy;
  private final long seed;
  private final Predictor predictor;
  private final Supplier<CallbackDispatcher.Lent> weights;
  private final Consumer<@Nullable DataLoader> watcher;
  private final CallbackDispatcher callbacks;
  private final RunState state;
  private final RunLog log;

  /**
   * Collects the parts.
   *
   * @param manager owns what is kept of predictions
   * @param processes those that evaluate together
   * @param strategy how they run a model of which each may have a share
   * @param seed of random numbers, and of parameters that the first batch gives their shapes
   * @param predictor runs a batch
   * @param weights puts the weights for evaluations into the model until closed
   * @param watcher is told the loader of the evaluation in progress, and null behind it
   */
  public Evaluator(
      TrainableModel model,
      Precision precision,
      EvaluationMetrics metrics,
      NDManager manager,
      ProcessGroup processes,
      ParallelStrategy strategy,
      long seed,
      Predictor predictor,
      Supplier<CallbackDispatcher.Lent> weights,
      Consumer<@Nullable DataLoader> watcher,
      CallbackDispatcher callbacks,
      RunState state,
      RunLog log) {
    this.model = model;
    this.precision = precision;
    this.metrics = metrics;
    this.manager = manager;
    this.processes = processes;
    this.strategy = strategy;
    this.seed = seed;
    this.predictor = predictor;
    this.weights = weights;
    this.watcher = watcher;
    this.callbacks = callbacks;
    this.state = state;
    this.log = log;
  }

  /**
   * Runs over all of {@code loader}.
   *
   * @param prefix what stands before the metrics' names
   * @param keepPredictions whether the caller wants the predictions themselves
   * @param lossOnly whether nothing but the loss is wanted
   * @return what is to be closed when its arrays are not needed any more
   */
  public EvaluationResult run(
      DataLoader loader, String prefix, boolean keepPredictions, boolean lossOnly) {
    EvaluationData.requireShared(loader, processes);
    ModelInitialization.run(model, loader, manager, seed);
    EvaluationLoop loop =
        new EvaluationLoop(metrics, manager, keepPredictions, lossOnly, processes, log);
    watcher.accept(loader);
    try (CallbackDispatcher.Lent lent = weights.get();
        Precision.View view = precision.evaluating(model)) {
      return loop.run(
          loader,
          strategy.evaluating(view.model()),
          seeded(),
          strategy::endBatch,
          prefix,
          () -> callbacks.onPredictionStep(state.snapshot()));
    } catch (RuntimeException | Error e) {
      loop.close();
      throw e;
    } finally {
      watcher.accept(null);
    }
  }

  /**
   * Random numbers of an evaluation are a function of where it stands in the run and of the batch: so it gives
   * the same after a resume, and takes none from anybody else.
   */
  private Predictor seeded() {
    long step = state.progress().globalStep();
    AtomicLong batches = new AtomicLong();
    return (batchModel, inputs, lossOnly) ->
        Seeds.with(
            Seeds.mix(seed, EVALUATION, step, batches.getAndIncrement(), processes.rank()),
            () -> predictor.predict(batchModel, inputs, lossOnly));
  }

  /** Returns whether predictions are of no use to an evaluation: nothing is computed of them. */
  public boolean wantsLossOnly() {
    return metrics.isEmpty();
  }
}
