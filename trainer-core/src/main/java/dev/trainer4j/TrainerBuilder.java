// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import dev.trainer4j.args.LaunchEnvironment;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.StreamingMetrics;
import dev.trainer4j.model.LossFunction;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.schedule.LearningRateScheduler;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a trainer; setters only assign, building checks.
 *
 * <p>A trainer of another kind extends it for settings of its own: {@code class SftBuilder extends
 * TrainerBuilder<SftBuilder>}, whose {@code build()} hands itself to the constructor of {@link Trainer}.
 *
 * @param <B> the builder's own type, which setters return
 */
public abstract class TrainerBuilder<B extends TrainerBuilder<B>> {

  final TrainingArguments args;
  @Nullable Block block;
  @Nullable Model djlModel;
  @Nullable TrainableModel model;
  @Nullable Supplier<? extends TrainableModel> modelInit;
  @Nullable DataSource<?> trainDataset;
  final Map<String, DataSource<?>> evalDatasets = new LinkedHashMap<>();
  @Nullable DataCollator<?> dataCollator;
  @Nullable ProcessingClass processingClass;
  @Nullable LossFunction lossFunction;
  @Nullable ComputeMetrics wholeMetrics;
  @Nullable StreamingMetrics streamingMetrics;
  @Nullable BiFunction<NDArray, Map<String, NDArray>, NDArray> preprocessLogits;

  @Nullable BiFunction<Map<String, NDArray>, Map<String, NDArray>, Map<String, NDArray>>
      preprocessOutputs;

  @Nullable List<String> ignoreKeys;
  @Nullable Function<List<ParameterGroup>, Optimizer> optimizer;
  @Nullable IntFunction<LearningRateScheduler> lrScheduler;
  UnaryOperator<List<ParameterGroup>> parameterGroups = UnaryOperator.identity();
  @Nullable ProcessGroup processes;
  final List<TrainerCallback> callbacks = new ArrayList<>();

  /** Starts with the arguments; {@link #block}, {@link #djlModel}, {@link
   * #model} or {@link #modelInit} follows. */
  protected TrainerBuilder(TrainingArguments args) {
    this.args = LaunchEnvironment.ofThisProcess().applyTo(args);
  }

  /** Returns this builder. */
  protected abstract B self();

  /** Returns another builder of this kind, with its own settings but none of those of this class. */
  protected abstract B withOwnSettings(TrainingArguments other);

  /**
   * Gives back what a builder of this kind has made for a trainer that does not come into being: called once when the constructor of
   * {@link Trainer} fails, which a subclass's constructor cannot catch.
   */
  protected void abandon() {}

  /** Sets the model: a DJL block. */
  protected B block(Block block) {
    this.block = block;
    return self();
  }

  /** Sets the model: the block of a DJL model. */
  protected B djlModel(Model model) {
    this.djlModel = model;
    return self();
  }

  /** Sets the model. */
  protected B model(TrainableModel model) {
    this.model = model;
    return self();
  }

  /**
   * Sets what makes the model: when the trainer is built, and again at the start of each {@code train()}, so
   * that each run starts from its own weights. It is called with the generator seeded by {@code seed}. The models
   * are the trainer's, which closes them.
   */
  protected B modelInit(Supplier<? extends TrainableModel> maker) {
    modelInit = maker;
    return self();
  }

  /** Sets the data to train on; for a stream the arguments need {@code maxSteps}. */
  public B trainDataset(DataSource<?> data) {
    trainDataset = data;
    return self();
  }

  /**
   * Sets the data to evaluate on; of a stream, each evaluation reads all. Called again, it sets other
   * data.
   *
   * @throws IllegalStateException if {@link #evalDatasets} was called: then all data sets have names
   */
  public B evalDataset(DataSource<?> data) {
    requireOneKind(evalDatasets.keySet().stream().allMatch(String::isEmpty));
    evalDatasets.put("", data);
    return self();
  }

  /**
   * Adds several data sets to evaluate on; metrics are called {@code eval_<name>_...}. One of a name
   * that was added before takes its place.
   *
   * @throws IllegalStateException if {@link #evalDataset} was called: then there is one, without a
   *     name
   */
  public B evalDatasets(Map<String, ? extends DataSource<?>> datasets) {
    requireOneKind(!evalDatasets.containsKey(""));
    evalDatasets.putAll(datasets);
    return self();
  }

  private static void requireOneKind(boolean one) {
    if (!one) {
      throw new IllegalStateException(
          "evalDataset and evalDatasets were both called; name all data sets in one call of"
              + " evalDatasets, or set a single one with evalDataset");
    }
  }

  /**
   * Sets what makes a batch of samples; by default maps of numbers and arrays are stacked ({@link
   * dev.trainer4j.data.DefaultDataCollator}).
   */
  public <T> B dataCollator(DataCollator<T> collator) {
    dataCollator = collator;
    return self();
  }

  /**
   * Sets what made the samples, such as a tokenizer; by default the collator's, if it has one. It is saved
   * with the model and every checkpoint, and a pretrained model aligns its special tokens to it when
   * training begins.
   */
  public B processingClass(ProcessingClass processing) {
    processingClass = processing;
    return self();
  }

  /** Sets the loss of a model that computes none; see {@link dev.trainer4j.model.Losses}. */
  public B computeLossFunc(LossFunction function) {
    lossFunction = function;
    return self();
  }

  /** Sets metrics that need all predictions of an evaluation at once. */
  public B computeMetrics(ComputeMetrics metrics) {
    wholeMetrics = metrics;
    return self();
  }

  /** Sets metrics that read an evaluation batch by batch; see {@link dev.trainer4j.metrics.Metrics}. */
  public B computeMetrics(StreamingMetrics metrics) {
    streamingMetrics = metrics;
    return self();
  }

  /**
   * Sets what is kept of the logits for metrics and predictions, such as their arg max. Further outputs of the
   * model are not kept then; {@link #preprocessOutputsForMetrics} sees them.
   *
   * @param function from logits and labels by name to what is kept, on the device
   */
  public B preprocessLogitsForMetrics(BiFunction<NDArray, Map<String, NDArray>, NDArray> function) {
    preprocessLogits = function;
    return self();
  }

  /**
   * Sets what is kept of all outputs for metrics and predictions, where a model gives several.
   *
   * @param function from outputs and labels by name to what is kept by name, on the device; the first is what
   *     {@code predictions()} returns. What it leaves out takes no memory beyond the batch
   */
  public B preprocessOutputsForMetrics(
      BiFunction<Map<String, NDArray>, Map<String, NDArray>, Map<String, NDArray>> function) {
    preprocessOutputs = function;
    return self();
  }

  /**
   * Sets the names of outputs that evaluations, also those during training, and predictions leave out; by
   * default those that the model itself names ({@link TrainableModel#keysToIgnoreAtInference}).
   */
  public B ignoreKeys(Collection<String> names) {
    ignoreKeys = List.copyOf(names);
    return self();
  }

  /**
   * Sets what makes the optimizer, in place of {@code optim}; for the schedule there is {@link #lrScheduler}.
   *
   * @param factory from the parameter groups, rates and decays from the arguments, to an optimizer that the
   *     trainer closes; called again when parameters are frozen or released in a run
   */
  public B optimizer(Function<List<ParameterGroup>, Optimizer> factory) {
    optimizer = factory;
    return self();
  }

  /**
   * Sets what makes the optimizer and what makes the schedule of the learning rate: {@link #optimizer} and
   * {@link #lrScheduler} in one.
   */
  public B optimizers(
      Function<List<ParameterGroup>, Optimizer> optimizerFactory,
      IntFunction<LearningRateScheduler> schedulerFactory) {
    return optimizer(optimizerFactory).lrScheduler(schedulerFactory);
  }

  /**
   * Sets the schedule of the learning rate, in place of {@code lrSchedulerType} and what belongs to
   * it.
   *
   * @param factory from the updates of the run to its schedule
   */
  public B lrScheduler(IntFunction<LearningRateScheduler> factory) {
    lrScheduler = factory;
    return self();
  }

  /**
   * Sets what is made of the parameter groups, such as rates of their own; see {@link
   * dev.trainer4j.optim.ParameterGroups}.
   *
   * @param function from the groups with and without weight decay to those that the optimizer gets
   */
  public B parameterGroups(UnaryOperator<List<ParameterGroup>> function) {
    parameterGroups = function;
    return self();
  }

  /**
   * Sets the processes that train together, of which this is one; by default those that a provider on
   * the class path finds, else this process alone. They stay the caller's.
   */
  public B processGroup(ProcessGroup group) {
    processes = group;
    return self();
  }

  /** Adds a callback behind those added before. */
  public B callback(TrainerCallback callback) {
    callbacks.add(callback);
    return self();
  }

  /**
   * Starts a builder of the same model, data and functions with other arguments and no callbacks;
   * this one stays as it is. Both trainers train the same parameters, so use one after the other.
   */
  public B withArgs(TrainingArguments args) {
    B copy = withOwnSettings(args);
    TrainerBuilder<B> other = copy;
    other.block = block;
    other.djlModel = djlModel;
    other.model = model;
    other.modelInit = modelInit;
    other.trainDataset = trainDataset;
    other.evalDatasets.putAll(evalDatasets);
    other.dataCollator = dataCollator;
    other.processingClass = processingClass;
    other.lossFunction = lossFunction;
    other.wholeMetrics = wholeMetrics;
    other.streamingMetrics = streamingMetrics;
    other.preprocessLogits = preprocessLogits;
    other.preprocessOutputs = preprocessOutputs;
    other.ignoreKeys = ignoreKeys;
    other.optimizer = optimizer;
    other.lrScheduler = lrScheduler;
    other.parameterGroups = parameterGroups;
    other.processes = processes;
    return copy;
  }

  /** Returns the arguments. */
  public TrainingArguments args() {
    return args;
  }
}
