// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.StreamingMetrics;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.SegmentTape;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.schedule.LearningRateScheduler;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.torch.Autocast;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.FreshGradients;
import dev.trainer4j.torch.NativeHeap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
public class Trainer implements AutoCloseable {

  private final TrainerSetup setup;
  private final NDManager manager;
  private final Autograd autograd = new Autograd();
  private final TrainerControl control = new TrainerControl();
  private final CallbackDispatcher callbacks;
  private final LiveContext context;
  private final BestModel best;
  private final RunLog runLog;
  private final RunCheckpoints checkpoints;
  private final StopRequest stopRequest = new StopRequest();
  private final boolean ownTrainingStep = overrides(getClass(), "trainingStep");
  private final boolean ownLoss = overrides(getClass(), "computeLoss");

  private TrainingProgress progress =
      new TrainingProgress(TrainingPlan.none(), TrainerState.initial());
  private boolean training;
  private boolean predicting;
  private @Nullable LossScaler lossScaler;
  private @Nullable FreshGradients freshGradients;

  /** Makes a trainer from a builder; for subclasses, others call {@link Builder#build}. */
  @SuppressWarnings("this-escape")
  protected Trainer(Builder builder) {
    setup = builder.setup();
    manager = setup.model().manager().newSubManager();
    manager.setName("trainer");
    NativeHeap.keepFreed(manager.getDevice());
    context = new LiveContext(setup.args(), setup.model());
    callbacks = new CallbackDispatcher(context, control);
    best = new BestModel(setup.args());
    runLog =
        new RunLog(processes().isMain() ? setup.args().logLevel() : setup.args().logLevelReplica());
    checkpoints = new RunCheckpoints(this);
    try {
      setup.callbacks().forEach(callbacks::add);
      callbacks.onInitEnd(state());
    } catch (RuntimeException e) {
      manager.close();
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
    stopRequest.begin(args().maxTrainTime());
    DataLoader loader = getTrainDataLoader();
    TrainingPlan plan = TrainingPlan.of(loader, args(), processes().worldSize());
    RunReport report = new RunReport(runLog);
    try (StopSignals.Listening signals = listenToSignals();
        RunCheckpoints owned = checkpoints;
        TrainingSession session = owned.openSession(loader, plan, from)) {
      progress = session.progress();
      lossScaler = session.lossScaler();
      context.trainingWith(session);
      report.start(this, session);
      TrainOutput output = new TrainingLoop(this, session).run();
      if (output.stopReason() == StopReason.SIGNAL) {
        signals.heed();
      }
      report.end(output);
      return output;
    } finally {
      context.trainingWith(null);
      lossScaler = null;
      freshGradients = null;
      training = false;
    }
  }

  private StopSignals.Listening listenToSignals() {
    if (!args().enableJitCheckpoint()) {
      return StopSignals.none();
    }
    return StopSignals.shared()
        .listen(
            name -> {
              runLog.warn(
                  "SIG{}: finishing the update and saving a checkpoint; a second signal is not"
                      + " waited for",
                  name);
              stopRequest.ask(StopReason.SIGNAL);
            });
  }

  /**
   * Evaluates on the evaluation data sets given to the builder, with metrics called {@code eval_...},
   * or {@code eval_<name>_...} where the sets have names.
   *
   * @throws IllegalStateException if the builder was given none
   */
  public EvaluationOutput evaluate() {
    requireEvalData();
    Map<String, Double> metrics = new LinkedHashMap<>();
    long samples = 0;
    for (Map.Entry<String, DataSource<?>> named : setup.evalDatasets().entrySet()) {
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
    // Without metrics there is no use for predictions.
    boolean lossOnly =
        args().predictionLossOnly() || (streamingMetrics() == null && wholeMetrics() == null);
    try (EvaluationLoop loop = new EvaluationLoop(this, false, lossOnly)) {
      EvaluationLoop.Result result = runEvaluation(loop, dataset, metricKeyPrefix);
      emitLog(result.metrics());
      callbacks.onEvaluate(state(), result.metrics());
      return new EvaluationOutput(result.metrics(), result.samples(), metricKeyPrefix);
    }
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
    EvaluationLoop loop = new EvaluationLoop(this, true, args().predictionLossOnly());
    predicting = true;
    try {
      EvaluationLoop.Result result = runEvaluation(loop, dataset, metricKeyPrefix);
      callbacks.onPredict(state(), result.metrics());
      return new PredictionOutput(
          loop.owner(), result.predictions(), result.labels(), result.metrics(), metricKeyPrefix);
    } catch (RuntimeException e) {
      loop.close();
      throw e;
    } finally {
      predicting = false;
    }
  }

  private EvaluationLoop.Result runEvaluation(
      EvaluationLoop loop, DataSource<?> dataset, String prefix) {
    boolean wasTraining = training;
    training = false;
    DataLoader loader = getEvalDataLoader(dataset);
    ModelInitialization.run(model(), loader, manager, args().seed());
    context.evaluating(loader);
    try (CallbackDispatcher.Lent weights = lendWeights();
        Autocast.Scope precision = setup.precision().evaluating(model())) {
      return loop.run(loader, prefix + "_");
    } finally {
      context.evaluating(null);
      training = wasTraining;
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
    return setup.trainLoader();
  }

  /**
   * Makes the optimizer.
   *
   * @param groups parameters with and without weight decay, rates from the arguments
   */
  protected Optimizer createOptimizer(List<ParameterGroup> groups) {
    return OptimizerFactory.create(args(), groups);
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
    return setup.lossOf(outputs, inputs).withOutputs(outputs);
  }

  /** Makes the loader of an evaluation data set. */
  protected DataLoader getEvalDataLoader(DataSource<?> dataset) {
    return setup.evalLoader(dataset);
  }

  /**
   * Runs one batch of an evaluation.
   *
   * @param lossOnly whether predictions are not wanted
   */
  protected PredictionStep predictionStep(
      TrainableModel model, ModelInputs inputs, boolean lossOnly) {
    Map<String, NDArray> labels = setup.labelsIn(inputs);
    // Data to predict for has often no labels, which a loss function would look for in vain.
    boolean hasLoss = !labels.isEmpty() || (setup.hasLossFunction() && !predicting);
    LossOutput loss = hasLoss ? computeLoss(model, inputs) : null;
    ModelOutput outputs = loss == null ? null : loss.outputs();
    if (outputs == null && (!lossOnly || loss == null)) {
      outputs = model.forward(inputs, false);
      loss = loss == null ? outputs.loss() : loss;
    }
    if (lossOnly || outputs == null) {
      return new PredictionStep(loss, Map.of(), Map.of());
    }
    return new PredictionStep(loss, setup.preprocess(outputs.arrays(), labels), labels);
  }

  /** Receives each log line; by default adds it to the history and tells the callbacks. */
  protected void log(LogEntry entry) {
    progress.log(entry);
    callbacks.onLog(state(), entry);
  }

  /** Takes the gradients of a loss; for those who override trainingStep. */
  protected final void backward(LossOutput loss) {
    LossScaler scaler = lossScaler;
    autograd.backward(
        loss.value(), scaler == null ? 1 : scaler.seed(loss.weight()), freshGradients);
    SegmentTape tape = SegmentTape.current();
    if (tape != null) {
      tape.backward();
    }
  }

  /** Returns whether a training step is in progress, as opposed to an evaluation. */
  protected final boolean isTraining() {
    return training;
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

  /** Returns what made the samples, such as a tokenizer, if the builder was given it. */
  public final Optional<ProcessingClass> processingClass() {
    return setup.processingClass();
  }

  void saveProcessingClass(Path folder) throws IOException {
    Optional<ProcessingClass> processing = setup.processingClass();
    if (processing.isPresent()) {
      processing.get().save(folder);
    }
  }

  /** Returns a snapshot of the state. */
  public final TrainerState state() {
    return progress.snapshot();
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
    try {
      checkpoints.close();
    } finally {
      autograd.close();
      manager.close();
      NativeHeap.giveBack(manager.getDevice());
    }
  }

  // ---------------------------------------------------------------- for the rest of the package

  /** Sets where backward puts gradients; null for the parameters. */
  void gradientsInto(@Nullable FreshGradients gradients) {
    freshGradients = gradients;
  }

  /** Returns whether a subclass has a training step of its own, which may look at gradients. */
  boolean overridesTrainingStep() {
    return ownTrainingStep;
  }

  private static boolean overrides(Class<?> type, String method) {
    for (Class<?> c = type; c != Trainer.class; c = c.getSuperclass()) {
      if (Arrays.stream(c.getDeclaredMethods()).anyMatch(m -> m.getName().equals(method))) {
        return true;
      }
    }
    return false;
  }

  LossOutput runTrainingStep(ModelInputs inputs) {
    if (!args().gradientCheckpointing()) {
      return runRecorded(inputs);
    }
    try (SegmentTape tape = SegmentTape.open()) {
      return runRecorded(inputs);
    }
  }

  private LossOutput runRecorded(ModelInputs inputs) {
    training = true;
    FreshGradients unrecorded = setup.hasUsualLoss() && !ownLoss ? freshGradients : null;
    try (Autograd.Recording on = Autograd.record(true);
        FreshGradients.MicroBatch microBatch = FreshGradients.open(unrecorded);
        Autocast.Scope products = Autocast.to(setup.precision().autocast())) {
      return trainingStep(model(), inputs);
    } finally {
      training = false;
    }
  }

  PredictionStep runPredictionStep(ModelInputs inputs, boolean lossOnly) {
    return predictionStep(model(), inputs, lossOnly);
  }

  /** Evaluates on all data sets during training; metrics of all, by name. */
  Map<String, Double> evaluateAll() {
    return evaluate().metrics();
  }

  /** Completes a log line with the epoch and hands it out. */
  LogEntry emitLog(Map<String, Double> values) {
    Map<String, Double> line = new LinkedHashMap<>(values);
    line.put("epoch", progress.epochFraction());
    LogEntry entry = new LogEntry(progress.globalStep(), line);
    log(entry);
    return entry;
  }

  void saveCheckpoint(TrainingSession session) {
    awaitSaves(); // What it tells must stand: rotation after this save may drop it.
    checkpoints.save(session);
  }

  /** Throws what a save in the background has failed with. */
  void checkSaves() {
    checkpoints.check();
    tellCommitted();
  }

  /** Waits for the save in the background. */
  void awaitSaves() {
    checkpoints.await();
    tellCommitted();
  }

  /** Waits until weights and optimizer state may change: a save in the background copies them first. */
  void awaitCopied() {
    checkpoints.awaitCopied();
  }

  /** Puts a callback's weights for evaluations into the model until closed, if one has them. */
  CallbackDispatcher.Lent lendWeights() {
    awaitCopied();
    return callbacks.lendWeights();
  }

  /** Tells callbacks of the checkpoints that stand now and did not when they were last told. */
  void tellCommitted() {
    for (Path folder : checkpoints.drainCommitted()) {
      callbacks.onCheckpointCommitted(state(), folder);
    }
  }

  void loadBestModel(TrainingSession session) {
    if (args().loadBestModelAtEnd()) {
      checkpoints.loadBest(session.progress());
    }
  }

  private void requireEvalData() {
    if (setup.evalDatasets().isEmpty()) {
      throw new IllegalStateException(
          "there is no evaluation data; pass evalDataset(...) to the builder, or call"
              + " evaluate(dataset)");
    }
  }

  NDManager manager() {
    return manager;
  }

  CallbackDispatcher callbacks() {
    return callbacks;
  }

  TrainerControl control() {
    return control;
  }

  ProcessGroup processes() {
    return ProcessGroup.single();
  }

  BestModel best() {
    return best;
  }

  RunLog runLog() {
    return runLog;
  }

  StopRequest stopRequest() {
    return stopRequest;
  }

  @Nullable StreamingMetrics streamingMetrics() {
    return setup.streamingMetrics();
  }

  @Nullable ComputeMetrics wholeMetrics() {
    return setup.wholeMetrics();
  }

  /** Collects what a trainer is made of. */
  public static final class Builder extends TrainerBuilder {
    Builder(TrainingArguments args) {
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
    Builder self() {
      return this;
    }
  }
}
