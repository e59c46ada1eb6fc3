// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.Device;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.DefaultFlowCallback;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.DefaultDataCollator;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.evaluation.EvaluationMetrics;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.Inference;
import dev.trainer4j.model.MissingParameters;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.optim.ParameterGroups;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.report.PushCallbacks;
import dev.trainer4j.report.ReportCallbacks;
import dev.trainer4j.run.ModelMaker;
import dev.trainer4j.run.Precision;
import dev.trainer4j.schedule.LearningRateScheduler;
import dev.trainer4j.schedule.LearningRateSchedulers;
import dev.trainer4j.schedule.ScheduleContext;
import dev.trainer4j.sharding.ParallelStrategy;
import dev.trainer4j.torch.Devices;
import dev.trainer4j.torch.TorchEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a trainer is made of, checked and with all defaults filled in. */
final class TrainerSetup {

  private static final Logger LOG = LoggerFactory.getLogger(TrainerSetup.class);

  private final TrainingArguments args;
  private final TrainableModel model;
  private final Precision precision;
  private final Map<String, DataSource<?>> evalDatasets;
  private final ProcessGroup processes;
  private final ParallelStrategy strategy;
  private final boolean ownsProcesses;
  private final Loaders loaders;
  private final DefaultLoss loss;
  private final @Nullable ProcessingClass processingClass;
  private final EvaluationMetrics metrics;
  private final KeptOutputs outputs;
  private final @Nullable ModelMaker modelMaker;
  private final @Nullable Function<List<ParameterGroup>, Optimizer> optimizer;
  private final @Nullable IntFunction<LearningRateScheduler> lrScheduler;
  private final UnaryOperator<List<ParameterGroup>> parameterGroups;
  private final List<TrainerCallback> callbacks;

  /** Checks a builder and fills in the defaults; what was made for it is closed if that fails. */
  static TrainerSetup of(TrainerBuilder<?> builder) {
    ModelMaker maker =
        builder.modelInit == null ? null : new ModelMaker(builder.modelInit, builder.args.seed());
    try {
      return new TrainerSetup(builder, maker);
    } catch (RuntimeException | Error e) {
      if (maker != null) {
        maker.close();
      }
      builder.abandon();
      throw e;
    }
  }

  private TrainerSetup(TrainerBuilder<?> builder, @Nullable ModelMaker maker) {
    ReportCallbacks reports = new ReportCallbacks(builder.args);
    PushCallbacks pushes = new PushCallbacks(builder.args);
    List<String> found = new ArrayList<>(reports.problems());
    found.addAll(pushes.problems());
    SetupProblems.check(builder, found);
    args = builder.args;
    boolean given = !args.labelNames().isEmpty();
    List<String> ofBlocks = given ? List.copyOf(args.labelNames()) : List.of("labels");
    model = model(builder, maker, ofBlocks);
    modelMaker = maker;
    Inference.requireOpen(model.manager());
    List<String> labelNames =
        given ? List.copyOf(args.labelNames()) : List.copyOf(model.labelNames());
    requireDevice(args, model.manager().getDevice());
    SetupProblems.check(args, model);
    precision = Precision.of(args);
    ownsProcesses = builder.processes == null;
    processes = builder.processes == null ? ProcessGroup.launched() : builder.processes;
    try {
      requireBackend();
      processes.limitWaits(Duration.ofSeconds(args.ddpTimeout()));
      strategy = ParallelStrategy.of(args.sharding(), processes, model.manager().getDevice());
    } catch (RuntimeException e) {
      leaveProcesses();
      throw e;
    }
    evalDatasets = Collections.unmodifiableMap(new LinkedHashMap<>(builder.evalDatasets));
    DataCollator<?> collator =
        builder.dataCollator != null ? builder.dataCollator : new DefaultDataCollator();
    loaders = new Loaders(args, builder.trainDataset, collator, processes);
    loss = new DefaultLoss(model, labelNames, builder.lossFunction, args.labelSmoothingFactor());
    processingClass =
        builder.processingClass != null
            ? builder.processingClass
            : collator.processingClass().orElse(null);
    metrics =
        new EvaluationMetrics(
            builder.wholeMetrics, builder.streamingMetrics, Set.copyOf(args.includeForMetrics()));
    outputs =
        new KeptOutputs(
            model,
            builder.ignoreKeys,
            builder.preprocessLogits == null
                ? builder.preprocessOutputs
                : KeptOutputs.ofLogits(builder.preprocessLogits));
    optimizer = builder.optimizer;
    lrScheduler = builder.lrScheduler;
    parameterGroups = builder.parameterGroups;
    List<TrainerCallback> all = new ArrayList<>();
    all.add(new DefaultFlowCallback());
    all.addAll(reports.create(builder.callbacks));
    all.addAll(builder.callbacks);
    // Last, so that it finds what the others write.
    all.addAll(pushes.create(builder.callbacks));
    callbacks = List.copyOf(all);
  }

  private static TrainableModel model(
      TrainerBuilder<?> builder, @Nullable ModelMaker maker, List<String> labelNames) {
    if (builder.djlModel != null) {
      return new BlockModel(
          builder.djlModel.getBlock(), builder.djlModel.getNDManager(), labelNames);
    }
    if (builder.block != null) {
      // The parameters belong to the block and outlive the trainer, until block.clear().
      Device device = builder.args.useCpu() ? Device.cpu() : Devices.best();
      return new BlockModel(builder.block, TorchEngine.get().newBaseManager(device), labelNames);
    }
    return maker != null ? maker.make() : Objects.requireNonNull(builder.model, "model");
  }

  private static void requireDevice(TrainingArguments args, Device device) {
    if (args.useCpu() && device.isGpu()) {
      throw new IllegalArgumentException(
          "useCpu is true, but the model is on "
              + device
              + "; load it on the CPU, or leave useCpu out");
    }
    Devices.require("the model's device", device);
    if (!args.useCpu() && !device.isGpu() && Devices.hasGpu()) {
      LOG.warn(
          "libtorch sees a GPU, but the model is on the CPU, where it was loaded, and is trained there: load"
              + " it with Device.gpu(), or set useCpu(true)");
    }
  }

  private void requireBackend() {
    Device device = model.manager().getDevice();
    String backend = processes.backend(device);
    String wanted = args.ddpBackend().map(name -> name.name().toLowerCase(Locale.ROOT)).orElse("");
    if (wanted.isEmpty() || processes.worldSize() == 1 || wanted.equals(backend)) {
      return;
    }
    throw new IllegalArgumentException(
        "ddpBackend is "
            + wanted
            + ", but the model is on "
            + device
            + ", and tensors there go through "
            + backend
            + ": leave ddpBackend out, or train on another device");
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

  /** The optimizer of a trainer that overrides nothing. */
  Optimizer optimizer(List<ParameterGroup> groups) {
    return optimizer == null ? OptimizerFactory.create(args, groups) : optimizer.apply(groups);
  }

  KeptOutputs outputs() {
    return outputs;
  }

  /** Returns what makes the model anew for each run; null if the builder was given a model. */
  @Nullable ModelMaker modelMaker() {
    return modelMaker;
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

  @Nullable ProcessingClass processingClass() {
    return processingClass;
  }

  ProcessGroup processes() {
    return processes;
  }

  /** Returns what ranks hold each, and what they share out. */
  ParallelStrategy strategy() {
    return strategy;
  }

  /** Reads the weights of a model that was made without them; one that another trainer has shared out is refused. */
  void readWeights() {
    if (model.unreadWeights().isEmpty()) {
      MissingParameters.refuse(model);
      return;
    }
    try {
      strategy.readWeights(model);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** Closes a model that was made for this trainer; one that was handed in is the user's. */
  void closeModel() {
    if (modelMaker != null) {
      modelMaker.close();
    }
  }

  /** Leaves the group that was found; one that was handed in is the user's. */
  void closeProcesses() {
    strategy.close();
    leaveProcesses();
  }

  private void leaveProcesses() {
    if (ownsProcesses) {
      processes.close();
    }
  }

  Loaders loaders() {
    return loaders;
  }

  DefaultLoss loss() {
    return loss;
  }

  EvaluationMetrics metrics() {
    return metrics;
  }

  /**
   * The groups of an optimizer over {@code parameters}, rates from the arguments and the builder. The builder's
   * function sees all that is trainable when a run begins; what is released later has the arguments' rate.
   */
  List<ParameterGroup> groups(List<NamedParameter> parameters, List<ParameterGroup> before) {
    return before.isEmpty()
        ? parameterGroups.apply(
            ParameterGroup.decayAndNoDecay(parameters, args.learningRate(), args.weightDecay()))
        : ParameterGroups.following(before, parameters, args.learningRate(), args.weightDecay());
  }

  List<TrainerCallback> callbacks() {
    return callbacks;
  }
}
