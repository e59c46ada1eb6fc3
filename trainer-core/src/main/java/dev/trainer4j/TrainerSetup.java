// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.DefaultFlowCallback;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.DataLoaderOptions;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.DefaultDataCollator;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.data.SampleOrder;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.StreamingMetrics;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.LabelLayout;
import dev.trainer4j.model.LossFunction;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.schedule.LearningRateScheduler;
import dev.trainer4j.schedule.LearningRateSchedulers;
import dev.trainer4j.schedule.ScheduleContext;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** What a trainer is made of, checked and with all defaults filled in. */
final class TrainerSetup {

  private final TrainingArguments args;
  private final TrainableModel model;
  private final Precision precision;
  private final @Nullable DataSource<?> trainDataset;
  private final Map<String, DataSource<?>> evalDatasets;
  private final DataCollator<?> collator;
  private final List<String> labelNames;
  private final @Nullable ProcessingClass processingClass;
  private final @Nullable LossFunction lossFunction;
  private final @Nullable ComputeMetrics wholeMetrics;
  private final @Nullable StreamingMetrics streamingMetrics;
  private final @Nullable BiFunction<NDArray, Map<String, NDArray>, NDArray> preprocessLogits;
  private final @Nullable IntFunction<LearningRateScheduler> lrScheduler;
  private final List<TrainerCallback> callbacks;

  TrainerSetup(TrainerBuilder builder) {
    Reports reports = new Reports(builder.args);
    check(builder, reports.problems());
    args = builder.args;
    boolean given = !args.labelNames().isEmpty();
    List<String> ofBlocks = given ? List.copyOf(args.labelNames()) : List.of("labels");
    if (builder.djlModel != null) {
      model =
          new BlockModel(builder.djlModel.getBlock(), builder.djlModel.getNDManager(), ofBlocks);
    } else if (builder.block != null) {
      // The parameters belong to the block and outlive the trainer, until block.clear().
      model =
          new BlockModel(
              builder.block, NDManager.newBaseManager(device(args), "PyTorch"), ofBlocks);
    } else {
      model = Objects.requireNonNull(builder.model, "model");
    }
    labelNames = given ? List.copyOf(args.labelNames()) : List.copyOf(model.labelNames());
    if (args.useCpu() && model.manager().getDevice().isGpu()) {
      throw new IllegalArgumentException(
          "useCpu is true, but the model is on "
              + model.manager().getDevice()
              + "; load it on the CPU, or leave useCpu out");
    }
    throwIfAny(Precision.problems(args, model));
    if (smooths(args) && model.labelLayout() == LabelLayout.OTHER) {
      throw cannotSmooth("is no cross entropy of its logits and one label for each place");
    }
    precision = Precision.of(args);
    trainDataset = builder.trainDataset;
    evalDatasets = Collections.unmodifiableMap(new LinkedHashMap<>(builder.evalDatasets));
    collator = builder.dataCollator != null ? builder.dataCollator : new DefaultDataCollator();
    processingClass = builder.processingClass;
    lossFunction = builder.lossFunction;
    wholeMetrics = builder.wholeMetrics;
    streamingMetrics = builder.streamingMetrics;
    preprocessLogits = builder.preprocessLogits;
    lrScheduler = builder.lrScheduler;
    List<TrainerCallback> all = new ArrayList<>();
    all.add(new DefaultFlowCallback());
    all.addAll(reports.create(builder.callbacks));
    all.addAll(builder.callbacks);
    callbacks = List.copyOf(all);
  }

  /** Returns whether the loss is the cross entropy of what a DJL block returns, with nothing in between. */
  boolean hasUsualLoss() {
    return model instanceof BlockModel && lossFunction == null && !smooths(args);
  }

  private static boolean smooths(TrainingArguments args) {
    return args.labelSmoothingFactor() > 0;
  }

  private IllegalArgumentException cannotSmooth(String why) {
    return new IllegalArgumentException(
        "labelSmoothingFactor is "
            + args.labelSmoothingFactor()
            + ", but the loss that the model ("
            + model.getClass().getSimpleName()
            + ") computes itself "
            + why
            + "; leave it out, let the model smooth its own loss, or override computeLoss");
  }

  private static Device device(TrainingArguments args) {
    return args.useCpu() ? Device.cpu() : TorchFunctions.defaultDevice();
  }

  private static void check(TrainerBuilder builder, List<String> found) {
    List<String> problems = new ArrayList<>(found);
    TrainingArguments args = builder.args;
    if (builder.djlModel != null && builder.djlModel.getBlock() == null) {
      problems.add("model: the DJL model has no block; call setBlock or load it first");
    }
    if (builder.wholeMetrics != null && builder.streamingMetrics != null) {
      problems.add("computeMetrics: set to two kinds of metrics; set one of them");
    }
    if (builder.lossFunction != null && args.labelSmoothingFactor() > 0) {
      problems.add(
          "labelSmoothingFactor: "
              + args.labelSmoothingFactor()
              + " would do nothing beside computeLossFunc; smooth in that function or leave one"
              + " out");
    }
    if (builder.evalDatasets.isEmpty()
        && (args.evalStrategy() != IntervalStrategy.NO || args.evalOnStart())) {
      problems.add(
          "evalDataset: missing, but evalStrategy is "
              + args.evalStrategy()
              + " and evalOnStart is "
              + args.evalOnStart()
              + "; pass evalDataset, or set evalStrategy(NO)");
    }
    if (args.predictionLossOnly()
        && (builder.wholeMetrics != null || builder.streamingMetrics != null)) {
      problems.add(
          "predictionLossOnly: keeps no predictions, so computeMetrics would never run; leave one"
              + " out");
    }
    throwIfAny(problems);
  }

  private static void throwIfAny(List<String> problems) {
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          "the trainer cannot be built:\n  " + String.join("\n  ", problems));
    }
  }

  DataLoader trainLoader() {
    DataSource<?> dataset = trainDataset;
    if (dataset == null) {
      throw new IllegalStateException(
          "there is no training data; pass trainDataset(...) to the builder");
    }
    if (dataset instanceof Dataset<?> sized && sized.size() == 0) {
      throw new IllegalArgumentException("the training data is empty: trainDataset.size() is 0");
    }
    long dataSeed = args.resolvedDataSeed();
    SampleOrder.Factory order =
        switch (args.trainSamplingStrategy()) {
          case SEQUENTIAL -> (size, epoch) -> SampleOrder.sequential(size);
          case RANDOM -> (size, epoch) -> SampleOrder.shuffled(size, dataSeed, epoch);
          case GROUP_BY_LENGTH -> byLength(dataset, dataSeed);
          case BATCH_REBALANCE ->
              throw new IllegalArgumentException(
                  "trainSamplingStrategy is batch_rebalance, which is not supported yet; choose random,"
                      + " sequential or group_by_length");
        };
    return loader(dataset, options(args.perDeviceTrainBatchSize()).order(order).build());
  }

  private SampleOrder.Factory byLength(DataSource<?> dataset, long seed) {
    if (!(dataset instanceof Dataset<?> sized)) {
      throw new IllegalArgumentException(
          "trainSamplingStrategy group_by_length needs data with an index, but trainDataset is a"
              + " stream; choose another, or read the stream into a Dataset");
    }
    return SampleOrder.lengthGrouped(
        sized,
        args.lengthColumnName(),
        Math.multiplyExact(args.perDeviceTrainBatchSize(), args.gradientAccumulationSteps()),
        seed);
  }

  DataLoader evalLoader(DataSource<?> dataset) {
    if (dataset instanceof Dataset<?> sized && sized.size() == 0) {
      throw new IllegalArgumentException("the evaluation data is empty: its size() is 0");
    }
    return loader(dataset, options(args.perDeviceEvalBatchSize()).build());
  }

  private DataLoaderOptions.Builder options(int batchSize) {
    return DataLoaderOptions.builder()
        .batchSize(batchSize)
        // As in Hugging Face's Trainer, also for evaluation.
        .dropLast(args.dataloaderDropLast())
        .workers(args.dataloaderNumWorkers())
        .prefetchFactor(args.dataloaderPrefetchFactor());
  }

  /** The types of samples and collator meet only here; a mismatch fails at the first batch. */
  @SuppressWarnings("unchecked")
  private DataLoader loader(DataSource<?> source, DataLoaderOptions options) {
    DataCollator<Object> anyCollator = (DataCollator<Object>) collator;
    return source instanceof Dataset<?> sized
        ? DataLoader.of((Dataset<Object>) sized, anyCollator, options)
        : DataLoader.of((IterableDataset<Object>) source, anyCollator, options);
  }

  /** The schedule of a trainer that overrides nothing. */
  LearningRateScheduler scheduler(int totalSteps) {
    if (lrScheduler != null) {
      return lrScheduler.apply(totalSteps);
    }
    return LearningRateSchedulers.create(
        args.lrSchedulerType().name().toLowerCase(Locale.ROOT),
        args.lrSchedulerKwargs(),
        new ScheduleContext(
            args.learningRate(),
            args.warmupStepsFor(totalSteps),
            totalSteps,
            args.resolvedGreaterIsBetter()));
  }

  /** Returns the labels among the inputs; all of {@link #labelNames} or none, as Hugging Face. */
  Map<String, NDArray> labelsIn(ModelInputs inputs) {
    Map<String, NDArray> labels = new LinkedHashMap<>();
    for (String name : labelNames) {
      Optional<NDArray> label = inputs.find(name);
      if (label.isEmpty()) {
        return Map.of();
      }
      labels.put(name, label.get());
    }
    return labels;
  }

  /** The loss of a trainer that overrides nothing; see {@link Trainer#computeLoss}. */
  LossOutput lossOf(ModelOutput outputs, ModelInputs inputs) {
    if (lossFunction != null) {
      return lossFunction.compute(outputs, inputs);
    }
    LossOutput own = outputs.loss();
    LabelLayout layout = model.labelLayout();
    if (own != null) {
      if (!smooths(args)) {
        return own;
      }
      // One label for all of a sample leaves nothing to shift; with several, places may differ.
      if (layout == LabelLayout.UNKNOWN && outputs.logits().getShape().dimension() > 2) {
        throw cannotSmooth("would be replaced, and its labelLayout() does not say by what");
      }
    }
    Map<String, NDArray> labels = labelsIn(inputs);
    if (labels.isEmpty()) {
      throw new IllegalArgumentException(
          "no loss: the model computes none, and the inputs "
              + inputs.names()
              + " have no label of the names "
              + labelNames
              + "; set labelNames, or override computeLoss");
    }
    NDArray first = labels.values().iterator().next();
    return Losses.crossEntropy(
        outputs.logits(),
        layout == LabelLayout.NEXT ? Losses.nextLabels(first) : first,
        args.labelSmoothingFactor());
  }

  /** Applies {@code preprocessLogitsForMetrics} to the first output. */
  Map<String, NDArray> preprocess(Map<String, NDArray> outputs, Map<String, NDArray> labels) {
    if (preprocessLogits == null || outputs.isEmpty()) {
      return outputs;
    }
    Map<String, NDArray> result = new LinkedHashMap<>(outputs);
    Map.Entry<String, NDArray> first = outputs.entrySet().iterator().next();
    result.put(first.getKey(), preprocessLogits.apply(first.getValue(), labels));
    return result;
  }

  TrainingArguments args() {
    return args;
  }

  TrainableModel model() {
    return model;
  }

  Precision precision() {
    return precision;
  }

  Map<String, DataSource<?>> evalDatasets() {
    return evalDatasets;
  }

  Optional<ProcessingClass> processingClass() {
    return Optional.ofNullable(processingClass);
  }

  boolean hasLossFunction() {
    return lossFunction != null;
  }

  @Nullable ComputeMetrics wholeMetrics() {
    return wholeMetrics;
  }

  @Nullable StreamingMetrics streamingMetrics() {
    return streamingMetrics;
  }

  List<TrainerCallback> callbacks() {
    return callbacks;
  }
}
