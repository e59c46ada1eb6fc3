// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.StreamingMetrics;
import dev.trainer4j.model.LossFunction;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.schedule.LearningRateScheduler;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The settings of {@link Trainer.Builder}; setters only assign, {@link TrainerSetup} checks. */
abstract class TrainerBuilder {

  final TrainingArguments args;
  @Nullable Block block;
  @Nullable Model djlModel;
  @Nullable TrainableModel model;
  @Nullable DataSource<?> trainDataset;
  final Map<String, DataSource<?>> evalDatasets = new LinkedHashMap<>();
  @Nullable DataCollator<?> dataCollator;
  @Nullable ProcessingClass processingClass;
  @Nullable LossFunction lossFunction;
  @Nullable ComputeMetrics wholeMetrics;
  @Nullable StreamingMetrics streamingMetrics;
  @Nullable BiFunction<NDArray, Map<String, NDArray>, NDArray> preprocessLogits;
  @Nullable IntFunction<LearningRateScheduler> lrScheduler;
  final List<TrainerCallback> callbacks = new ArrayList<>();

  TrainerBuilder(TrainingArguments args) {
    this.args = args;
  }

  abstract Trainer.Builder self();

  Trainer.Builder block(Block block) {
    this.block = block;
    return self();
  }

  Trainer.Builder djlModel(Model model) {
    this.djlModel = model;
    return self();
  }

  Trainer.Builder model(TrainableModel model) {
    this.model = model;
    return self();
  }

  /** Sets the data to train on; for a stream the arguments need {@code maxSteps}. */
  public Trainer.Builder trainDataset(DataSource<?> data) {
    trainDataset = data;
    return self();
  }

  /**
   * Sets the data to evaluate on; of a stream, each evaluation reads all. Called again, it sets other
   * data.
   *
   * @throws IllegalStateException if {@link #evalDatasets} was called: then all data sets have names
   */
  public Trainer.Builder evalDataset(DataSource<?> data) {
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
  public Trainer.Builder evalDatasets(Map<String, ? extends DataSource<?>> datasets) {
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
  public <T> Trainer.Builder dataCollator(DataCollator<T> collator) {
    dataCollator = collator;
    return self();
  }

  /** Sets what made the samples, such as a tokenizer; saved with the model and every checkpoint. */
  public Trainer.Builder processingClass(ProcessingClass processing) {
    processingClass = processing;
    return self();
  }

  /** Sets the loss of a model that computes none; see {@link dev.trainer4j.model.Losses}. */
  public Trainer.Builder computeLossFunc(LossFunction function) {
    lossFunction = function;
    return self();
  }

  /** Sets metrics that need all predictions of an evaluation at once. */
  public Trainer.Builder computeMetrics(ComputeMetrics metrics) {
    wholeMetrics = metrics;
    return self();
  }

  /** Sets metrics that read an evaluation batch by batch; see {@link dev.trainer4j.metrics.Metrics}. */
  public Trainer.Builder computeMetrics(StreamingMetrics metrics) {
    streamingMetrics = metrics;
    return self();
  }

  /**
   * Sets what is kept of the logits for metrics and predictions, such as their arg max.
   *
   * @param function from logits and labels by name to what is kept, on the device
   */
  public Trainer.Builder preprocessLogitsForMetrics(
      BiFunction<NDArray, Map<String, NDArray>, NDArray> function) {
    preprocessLogits = function;
    return self();
  }

  /**
   * Sets the schedule of the learning rate, in place of {@code lrSchedulerType} and what belongs to
   * it.
   *
   * @param factory from the updates of the run to its schedule
   */
  public Trainer.Builder lrScheduler(IntFunction<LearningRateScheduler> factory) {
    lrScheduler = factory;
    return self();
  }

  /** Adds a callback behind those added before. */
  public Trainer.Builder callback(TrainerCallback callback) {
    callbacks.add(callback);
    return self();
  }

  /**
   * Starts a builder of the same model, data and functions with other arguments and no callbacks;
   * this one stays as it is. Both trainers train the same parameters, so use one after the other.
   */
  public Trainer.Builder withArgs(TrainingArguments args) {
    Trainer.Builder other = new Trainer.Builder(args);
    other.block = block;
    other.djlModel = djlModel;
    other.model = model;
    other.trainDataset = trainDataset;
    other.evalDatasets.putAll(evalDatasets);
    other.dataCollator = dataCollator;
    other.processingClass = processingClass;
    other.lossFunction = lossFunction;
    other.wholeMetrics = wholeMetrics;
    other.streamingMetrics = streamingMetrics;
    other.preprocessLogits = preprocessLogits;
    other.lrScheduler = lrScheduler;
    return other;
  }

  /** Returns the arguments. */
  public TrainingArguments args() {
    return args;
  }

  TrainerSetup setup() {
    return new TrainerSetup(this);
  }
}
