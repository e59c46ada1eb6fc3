// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.evaluation.EvaluationResult;
import dev.trainer4j.evaluation.Evaluator;
import dev.trainer4j.evaluation.PredictionStep;
import dev.trainer4j.model.Inference;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.report.LogLines;
import dev.trainer4j.report.RunLog;
import dev.trainer4j.run.FollowingOptimizer;
import dev.trainer4j.run.ModelInitialization;
import dev.trainer4j.run.RunState;
import dev.trainer4j.run.TrainingPlan;
import dev.trainer4j.saving.RunCheckpoints;
import dev.trainer4j.schedule.LearningRateScheduler;
import dev.trainer4j.search.BestRun;
import dev.trainer4j.search.Direction;
import dev.trainer4j.search.SearchSpace;
import dev.trainer4j.search.Trial;
import dev.trainer4j.search.TrialTrainer;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Trains and evaluates a model.
 *
 * <pre>{@code
 * try (Trainer trainer = Trainer.builder(model, args)
 *     .trainDataset(train).evalDataset(test)
 *     .computeMetrics(Metrics.accuracy())
 *     .build()) {
 *   trainer.train();
 *   EvaluationOutput eval = trainer.evaluate();
 * }
 * }</pre>
 *
 * <p>To change what a step does, subclass it and override a hook; they stand below in the order in
 * which a run calls them. To look on, register a {@link TrainerCallback}.
 *
 * <p>A trainer is used by one thread at a time; {@link #requestStop} may be called from any. Several
 * trainers in several threads do not see each other.
 */
public class Trainer implements TrialTrainer {

  private final TrainerSetup setup;
  private final TrialMaker trialMaker;
  private final HeldResources held;
  private final RunLog log;
  private final RunState state;
  private final StopRequest stopRequest = new StopRequest();
  private final TrainerHooks hooks = new Hooks();
  private final LiveContext context;
  private final CallbackDispatcher callbacks;
  private final LogLines lines;
  private final RunCheckpoints checkpoints;
  private final Evaluator evaluator;
  private @Nullable MicroBatchPass pass;
  private final OwnHooks own = OwnHooks.of(getClass(), Trainer.class);
  private boolean predicting;
  private boolean closed;

  /** Makes a trainer from a builder; for subclasses, others call {@link Builder#build}. */
  @SuppressWarnings("this-escape")
  protected Trainer(TrainerBuilder<?> builder) {
    setup = TrainerSetup.of(builder);
    state = new RunState(setup.processes());
    lines = new LogLines(state, hooks::log);
    trialMaker = new TrialMaker(builder, Trainer::new);
    held = new HeldResources(setup);
    boolean speaks = setup.processes().isMain(args().logOnEachNode());
    log = new RunLog(speaks ? args().logLevel() : args().logLevelReplica());
    context =
        new LiveContext(args(), model(), this::evaluate, this::saveModel, this::tellPushBegins);
    callbacks = new CallbackDispatcher(context, new TrainerControl());
    checkpoints =
        new RunCheckpoints(
            args(),
            model(),
            setup.processingClass(),
            held.manager(),
            setup.processes(),
            setup.strategy(),
            callbacks,
            state,
            log);
    evaluator =
        new Evaluator(
            model(),
            setup.precision(),
            setup.metrics(),
            held.manager(),
            setup.processes(),
            setup.strategy(),
            args().seed(),
            hooks::predictionStep,
            checkpoints::lendWeights,
            context::evaluating,
            callbacks,
            state,
            log);
    try {
      held.heedDeterminism();
      setup.readWeights();
      setup.callbacks().forEach(callbacks::add);
      callbacks.onInitEnd(state());
    } catch (RuntimeException | Error e) {
      held.close();
      builder.abandon();
      throw e;
    }
  }

  /**
   * Starts a trainer of a DJL block; one that is not initialized is from the first batch. The
   * parameters stay with the block when the trainer closes; {@code block.clear()} releases them.
   */
  public static Builder builder(Block block, TrainingArguments args) {
    return new Builder(args).block(block);
  }

  /** Starts a trainer of the block of a DJL model; the model stays the caller's. */
  public static Builder builder(Model model, TrainingArguments args) {
    return new Builder(args).djlModel(model);
  }

  /**
   * Starts a trainer that makes its model itself: when it is built, and again at the start of each {@link
   * #train()}, so that each run starts from the weights that {@code modelInit} gives, however the run before
   * ended. The models are the trainer's, which closes them.
   *
   * @param modelInit makes a model, a new one in each call; called with the generator seeded by {@code seed}
   */
  public static Builder builder(
      Supplier<? extends TrainableModel> modelInit, TrainingArguments args) {
    return new Builder(args).modelInit(modelInit);
  }

  /** Starts a trainer of any model; the model stays the caller's. */
  public static Builder builder(TrainableModel model, TrainingArguments args) {
    return new Builder(args).model(model);
  }

  // ------------------------------------------------------------------------------------ verbs

  /** Trains from the model as it is. */
  public TrainOutput train() {
    return train(ResumeFrom.never());
  }

  /**
   * Trains, or goes on training.
   *
   * <p>It also returns, with a checkpoint, when {@link #requestStop}, {@code maxTrainTime} or a signal
   * ({@code enableJitCheckpoint}) end the run; {@link TrainOutput#stopReason} says which.
   *
   * @throws IllegalArgumentException if data or arguments do not allow it
   * @throws NonFiniteLossException if a loss is not a number and {@code nanPolicy} is FAIL
   */
  public TrainOutput train(ResumeFrom from) {
    requireOpen();
    stopRequest.begin(args().maxTrainTime());
    DataLoader trainLoader = getTrainDataLoader();
    new EvaluationForecast(setup, own, this::getEvalDataLoader, held.manager(), log).check();
    return new TrainingRun(
            setup,
            own,
            hooks,
            held.manager(),
            callbacks,
            context,
            state,
            stopRequest,
            checkpoints,
            lines,
            () -> evaluate().metrics(),
            log)
        .run(trainLoader, from.request());
  }

  /**
   * Trains a trial of a {@link dev.trainer4j.search.HyperparameterSearch} from its newest checkpoint, if there is one, to its end
   * or until it is pruned.
   *
   * @return the metrics of the model that it ends with, {@code eval_loss} and others
   * @throws IllegalArgumentException if this trainer has other arguments than the trial
   * @throws IllegalStateException if the builder was given no evaluation data
   * @throws dev.trainer4j.search.SearchInterruptedException if a signal or {@link #requestStop} ended it
   */
  @Override
  public Map<String, Double> train(Trial trial) {
    requireEvalData();
    TrialMaker.requireArgs(args(), trial, setup.processes());
    TrainerCallback watch = trial.watch(setup.evalDatasets().size());
    addCallback(watch);
    try {
      TrainOutput output = train(ResumeFrom.latestIfAny());
      TrialMaker.requireEnd(trial, output.stopReason());
      boolean sameModel = !args().loadBestModelAtEnd();
      return trial.result(output.globalStep(), sameModel, () -> evaluate().metrics());
    } finally {
      removeCallback(watch);
    }
  }

  /**
   * Looks for hyperparameters with the tree-structured Parzen estimator: trains {@code trials} models of this trainer's {@code
   * modelInit}, on its data and with its arguments but for those in the space, each in a folder {@code run-N} of {@code outputDir}.
   * Called again after the process ended, it goes on. This trainer's own model stays as it is.
   *
   * <p>For other algorithms, pruning, callbacks, trainers of other classes, or a model that depends on the trial, there is {@link
   * dev.trainer4j.search.HyperparameterSearch}.
   *
   * @param direction which objective is the better one; that is {@code eval_loss}, or the sum of the metrics if there are any
   * @throws IllegalArgumentException if space and arguments do not go together
   * @throws IllegalStateException if this trainer cannot be made again for each trial, or all trials failed
   */
  public BestRun hyperparameterSearch(SearchSpace space, int trials, Direction direction) {
    requireEvalData();
    String subclass = getClass() == Trainer.class ? "" : getClass().getName();
    return trialMaker.search(subclass, space, trials, direction);
  }

  /**
   * Evaluates on the evaluation data sets given to the builder, with metrics called {@code eval_...},
   * or {@code eval_<name>_...} where the sets have names.
   *
   * @throws IllegalStateException if the builder was given none
   */
  public EvaluationOutput evaluate() {
    requireEvalData();
    return evaluate(setup.evalDatasets());
  }

  /**
   * Evaluates on several data sets, with metrics called {@code eval_<name>_...}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public EvaluationOutput evaluate(Map<String, ? extends DataSource<?>> datasets) {
    if (datasets.isEmpty()) {
      throw new IllegalArgumentException(
          "the map of evaluation data sets is empty; give at least one, by name");
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    long samples = 0;
    for (Map.Entry<String, ? extends DataSource<?>> named : datasets.entrySet()) {
      String prefix = named.getKey().isEmpty() ? "eval" : "eval_" + named.getKey();
      EvaluationOutput output = evaluate(named.getValue(), prefix);
      metrics.putAll(output.metrics());
      samples += output.sampleCount();
    }
    return new EvaluationOutput(metrics, samples, "eval");
  }

  /** Evaluates on {@code dataset}, with metrics called {@code eval_...}. */
  public EvaluationOutput evaluate(DataSource<?> dataset) {
    return evaluate(dataset, "eval");
  }

  /**
   * Evaluates on {@code dataset}.
   *
   * @param metricKeyPrefix what stands before the metrics' names and an underscore
   */
  public EvaluationOutput evaluate(DataSource<?> dataset, String metricKeyPrefix) {
    requireOpen();
    Objects.requireNonNull(dataset, "dataset");
    boolean lossOnly = args().predictionLossOnly() || evaluator.wantsLossOnly();
    boolean before = predicting; // A callback may evaluate within a prediction.
    predicting = false;
    try (EvaluationResult result =
        evaluator.run(getEvalDataLoader(dataset), metricKeyPrefix + "_", false, lossOnly)) {
      lines.emit(result.metrics());
      callbacks.onEvaluate(state(), result.metrics());
      return new EvaluationOutput(result.metrics(), result.samples(), metricKeyPrefix);
    } finally {
      predicting = before;
    }
  }

  /**
   * Evaluates on {@code dataset}, with other outputs left out than the builder's {@code ignoreKeys}.
   *
   * @param metricKeyPrefix what stands before the metrics' names and an underscore
   * @param ignoreKeys names of outputs of the model that metrics do not see
   */
  public EvaluationOutput evaluate(
      DataSource<?> dataset, String metricKeyPrefix, Collection<String> ignoreKeys) {
    return setup.outputs().ignoring(ignoreKeys, () -> evaluate(dataset, metricKeyPrefix));
  }

  /**
   * Predicts for {@code dataset}; if it has labels, also loss and metrics called {@code test_...}.
   *
   * @return arrays on the CPU; close it, or they live as long as the trainer
   */
  public PredictionOutput predict(DataSource<?> dataset) {
    return predict(dataset, "test");
  }

  /**
   * Predicts for {@code dataset}, with metrics called {@code <metricKeyPrefix>_...}.
   *
   * @return arrays on the CPU; close it, or they live as long as the trainer
   */
  public PredictionOutput predict(DataSource<?> dataset, String metricKeyPrefix) {
    requireOpen();
    Objects.requireNonNull(dataset, "dataset");
    boolean before = predicting;
    predicting = true;
    try {
      EvaluationResult result =
          evaluator.run(
              getEvalDataLoader(dataset), metricKeyPrefix + "_", true, args().predictionLossOnly());
      try {
        callbacks.onPredict(state(), result.metrics());
        return new PredictionOutput(result, metricKeyPrefix);
      } catch (RuntimeException e) {
        result.close();
        throw e;
      }
    } finally {
      predicting = before;
    }
  }

  /**
   * Predicts for {@code dataset}, with other outputs left out than the builder's {@code ignoreKeys}.
   *
   * @param metricKeyPrefix what stands before the metrics' names and an underscore
   * @param ignoreKeys names of outputs of the model that are not kept
   * @return arrays on the CPU; close it, or they live as long as the trainer
   */
  public PredictionOutput predict(
      DataSource<?> dataset, String metricKeyPrefix, Collection<String> ignoreKeys) {
    return setup.outputs().ignoring(ignoreKeys, () -> predict(dataset, metricKeyPrefix));
  }

  /**
   * Returns the numbers of a run from its beginning: samples, updates, epochs. Nothing is trained.
   *
   * @throws IllegalStateException if there is no training data
   */
  public final TrainingPlan plan() {
    return plan(getTrainDataLoader());
  }

  private TrainingPlan plan(DataLoader loader) {
    return TrainingPlan.of(loader, args(), setup.processes().worldSize());
  }

  /**
   * Makes the optimizer and the schedule of a run on the training data, to look at them without training. A
   * model whose shapes depend on the data is initialized from the first batch.
   *
   * @return close it to free the optimizer's state
   */
  public final OptimizerAndScheduler createOptimizerAndScheduler() {
    DataLoader loader = getTrainDataLoader();
    int steps = Math.toIntExact(plan(loader).maxSteps());
    ModelInitialization.run(model(), loader, held.manager(), args().seed());
    return createOptimizerAndScheduler(steps);
  }

  /**
   * Makes the optimizer and the schedule of a run of so many updates, to look at them without training.
   *
   * @param numTrainingSteps updates of the run, at least 1
   * @return close it to free the optimizer's state
   * @throws IllegalStateException if the model's parameters do not exist before its first batch
   */
  public final OptimizerAndScheduler createOptimizerAndScheduler(int numTrainingSteps) {
    if (numTrainingSteps < 1) {
      throw new IllegalArgumentException(
          "numTrainingSteps is " + numTrainingSteps + "; give the number of updates, at least 1");
    }
    Optimizer optimizer =
        createOptimizer(setup.groups(FollowingOptimizer.trainable(initialized()), List.of()));
    try {
      return new OptimizerAndScheduler(
          optimizer, createScheduler(numTrainingSteps), numTrainingSteps);
    } catch (RuntimeException e) {
      optimizer.close();
      throw e;
    }
  }

  /**
   * Writes the model into {@code folder}, as {@code model.safetensors} and what belongs beside it: the
   * model's own files, such as {@code config.json}, and those of the {@code processingClass}. A model
   * above {@code maxShardSize}, 50 GB by default, is written as shards with an index. There is no
   * state of the training in it; it is made by checkpoints.
   *
   * @param folder is created if it does not exist; files of the same names are replaced
   * @throws IOException if a file cannot be written
   */
  public void saveModel(Path folder) throws IOException {
    checkpoints.saveModel(folder);
  }

  /**
   * Asks a running training to end, from any thread: it finishes the update in progress and what is
   * due after it, saves a checkpoint unless nothing is saved regularly, and {@code train()} returns
   * with {@link StopReason#REQUESTED}. Asked before {@code train()}, it has no effect.
   */
  public void requestStop() {
    stopRequest.ask(StopReason.REQUESTED);
  }

  // ------------------------------------------------------- hooks, in the order a run calls them

  /** Makes the loader of the training data. */
  protected DataLoader getTrainDataLoader() {
    return setup.loaders().train();
  }

  /**
   * Makes the optimizer; by default with the builder's {@code optimizer}, else the one that the arguments name.
   *
   * @param groups parameters with and without weight decay, rates from the arguments
   */
  protected Optimizer createOptimizer(List<ParameterGroup> groups) {
    return setup.optimizer(groups);
  }

  /**
   * Makes the schedule of the learning rate over {@code totalSteps} updates; by default the
   * builder's {@code lrScheduler}, else what the arguments name.
   */
  protected LearningRateScheduler createScheduler(int totalSteps) {
    return setup.scheduler(totalSteps);
  }

  /**
   * Runs one micro batch forward and backward. In a class that overrides this, gradients add up in the
   * parameters, where {@code getGradient()} shows them.
   *
   * @return the loss, whose gradients have been taken
   */
  protected LossOutput trainingStep(TrainableModel model, ModelInputs inputs) {
    LossOutput loss = computeLoss(model, inputs);
    backward(loss);
    return loss;
  }

  /**
   * Computes the loss of one micro batch, in training and in evaluation.
   *
   * <p>By default: the builder's {@code computeLossFunc} if there is one; else, where {@code
   * labelSmoothingFactor} is 0, the loss of the model itself if it computes one; else cross entropy
   * of {@code logits} and the first label, with {@code labelSmoothingFactor}.
   *
   * @return a sum and its weight, or an explicit mean; with the outputs, which saves evaluation a
   *     second forward pass
   */
  protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
    ModelOutput outputs = model.forward(inputs, isTraining());
    return setup.loss().of(outputs, inputs).withOutputs(outputs);
  }

  /**
   * Makes the loader of an evaluation data set. A training that evaluates asks for each of them once before
   * it begins, to say what is missing in its first batch.
   */
  protected DataLoader getEvalDataLoader(DataSource<?> dataset) {
    return setup.loaders().evaluation(dataset);
  }

  /**
   * Runs one batch of an evaluation.
   *
   * @param lossOnly whether predictions are not wanted
   */
  protected PredictionStep predictionStep(
      TrainableModel given, ModelInputs inputs, boolean lossOnly) {
    TrainableModel model = lossOnly ? given : given.forPrediction();
    Map<String, NDArray> labels = setup.loss().labelsIn(inputs);
    // A loss of one's own may do without labels. Data to predict for has often none, for which such
    // a loss would look in vain.
    boolean ownLoss = setup.loss().hasFunction() || own.computeLoss();
    boolean hasLoss = !labels.isEmpty() || (ownLoss && !predicting);
    LossOutput loss = hasLoss ? computeLoss(model, inputs) : null;
    ModelOutput outputs = loss == null ? null : loss.outputs();
    if (outputs == null && (!lossOnly || loss == null)) {
      outputs = model.forward(inputs, false);
      loss = loss == null ? outputs.loss() : loss;
    }
    if (lossOnly || outputs == null) {
      return new PredictionStep(loss, Map.of(), Map.of());
    }
    return new PredictionStep(loss, setup.outputs().of(outputs.arrays(), labels), labels);
  }

  /** Receives each log line; by default adds it to the history and tells the callbacks. */
  protected void log(LogEntry entry) {
    state.progress().log(entry);
    callbacks.onLog(state(), entry);
  }

  /**
   * Takes the gradients of a loss; for those who override trainingStep.
   *
   * @throws IllegalStateException outside of a training step
   */
  protected final void backward(LossOutput loss) {
    MicroBatchPass current = pass;
    if (current == null) {
      throw new IllegalStateException(
          "backward was called outside of trainingStep; call it there, or take gradients with"
              + " dev.trainer4j.torch.Autograd");
    }
    current.backward(loss);
  }

  /** Returns whether a training step is in progress, as opposed to an evaluation. */
  protected final boolean isTraining() {
    return pass != null;
  }

  /** Returns whether a prediction is in progress, whose outputs are to come in the order of the data. */
  protected final boolean isPredicting() {
    return predicting;
  }

  // ------------------------------------------------------------------------------- accessors

  /** Returns the arguments. */
  public final TrainingArguments args() {
    return setup.args();
  }

  /** Returns the model. */
  public final TrainableModel model() {
    return setup.model();
  }

  /** Returns what made the samples, such as a tokenizer, if the builder or its collator has it. */
  public final Optional<ProcessingClass> processingClass() {
    return Optional.ofNullable(setup.processingClass());
  }

  /** Returns a snapshot of the state. */
  public final TrainerState state() {
    return state.snapshot();
  }

  /**
   * Returns the learning rate of each parameter group for the next update; after a run, as it left them.
   *
   * @throws IllegalStateException before the first run; {@link #createOptimizerAndScheduler()} tells then
   */
  public final List<Double> getLearningRates() {
    return context
        .learningRates()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "there are no learning rates before train(); createOptimizerAndScheduler()"
                        + " shows those that a run would have"));
  }

  /**
   * Returns how many numbers are trained: the elements of all parameters that are not frozen.
   *
   * @throws IllegalStateException if the model's parameters do not exist before its first batch
   */
  public final long numberOfTrainableParameters() {
    return initialized().parameters().stream().mapToLong(p -> p.array().size()).sum();
  }

  private TrainableModel initialized() {
    if (!model().isInitialized()) {
      throw new IllegalStateException(
          "the model's parameters get their shapes from the first batch, which it has not seen;"
              + " initialize the block, train first, or call createOptimizerAndScheduler() without"
              + " a number of steps");
    }
    return model();
  }

  /** Adds a callback behind the others. */
  public final void addCallback(TrainerCallback callback) {
    callbacks.add(callback);
  }

  /** Removes a callback; returns whether it was there. */
  public final boolean removeCallback(TrainerCallback callback) {
    return callbacks.remove(callback);
  }

  /** Removes all callbacks of a class; returns whether there were any. */
  public final boolean removeCallbacks(Class<? extends TrainerCallback> type) {
    return callbacks.callbacks().stream()
        .filter(type::isInstance)
        .map(callbacks::remove)
        .reduce(false, Boolean::logicalOr);
  }

  /**
   * Waits for a checkpoint that is being written and releases everything the trainer allocated; the
   * model given to it stays.
   */
  @Override
  public void close() {
    closed = true;
    try {
      checkpoints.close();
    } finally {
      held.close();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(
          "the trainer is closed: use it before close(), or build another");
    }
    Inference.requireOpen(setup.model().manager());
  }

  private void tellPushBegins() {
    callbacks.onPushBegin(state());
  }

  private void requireEvalData() {
    if (setup.evalDatasets().isEmpty()) {
      throw new IllegalStateException(
          "there is no evaluation data; pass evalDataset(...) to the builder, or call"
              + " evaluate(dataset)");
    }
  }

  /** The way up for the parts: what a subclass overrides is called from here alone. */
  private final class Hooks implements TrainerHooks {
    @Override
    public Optimizer createOptimizer(List<ParameterGroup> groups) {
      return Trainer.this.createOptimizer(groups);
    }

    @Override
    public LearningRateScheduler createScheduler(int totalSteps) {
      return Trainer.this.createScheduler(totalSteps);
    }

    @Override
    public LossOutput trainingStep(MicroBatchPass current, ModelInputs inputs) {
      pass = current;
      try {
        return StepFailure.explaining(
            "trainingStep", inputs, () -> Trainer.this.trainingStep(current.model(), inputs));
      } finally {
        pass = null;
      }
    }

    @Override
    public PredictionStep predictionStep(
        TrainableModel model, ModelInputs inputs, boolean lossOnly) {
      return StepFailure.explaining(
          "predictionStep", inputs, () -> Trainer.this.predictionStep(model, inputs, lossOnly));
    }

    @Override
    public void log(LogEntry entry) {
      Trainer.this.log(entry);
    }
  }

  /** Collects what a trainer is made of. */
  public static class Builder extends TrainerBuilder<Builder> {

    /** Starts with the arguments. */
    protected Builder(TrainingArguments args) {
      super(args);
    }

    /**
     * Builds the trainer.
     *
     * @throws IllegalArgumentException listing everything that is missing or contradictory
     */
    public Trainer build() {
      return new Trainer(this);
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    protected Builder withOwnSettings(TrainingArguments other) {
      return new Builder(other);
    }
  }
}
