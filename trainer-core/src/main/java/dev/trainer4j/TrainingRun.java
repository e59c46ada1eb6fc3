// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.args.InputTokenCount;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.evaluation.BestMetric;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.optim.UpdateRanks;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.process.GradientSync;
import dev.trainer4j.report.LogLines;
import dev.trainer4j.report.RunLog;
import dev.trainer4j.report.RunReport;
import dev.trainer4j.run.EmbeddingNoise;
import dev.trainer4j.run.ModelInitialization;
import dev.trainer4j.run.ModelMaker;
import dev.trainer4j.run.Precision;
import dev.trainer4j.run.RunState;
import dev.trainer4j.run.SessionFactory;
import dev.trainer4j.run.TrainingPlan;
import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.saving.ResumeRequest;
import dev.trainer4j.saving.RunCheckpoints;
import dev.trainer4j.signal.StopSignals;
import dev.trainer4j.torch.ExactCalls;
import java.util.List;

/** One call of {@code train()}: puts the parts of a run together, runs it, and takes them apart. */
final class TrainingRun {

  private final TrainerSetup setup;
  private final TrainingArguments args;
  private final TrainableModel model;
  private final OwnHooks own;
  private final TrainerHooks hooks;
  private final NDManager manager;
  private final CallbackDispatcher callbacks;
  private final LiveContext context;
  private final RunState state;
  private final StopRequest stopRequest;
  private final RunCheckpoints checkpoints;
  private final LogLines lines;
  private final PeriodicEvaluation evaluation;
  private final RunLog log;
  private List<ParameterGroup> groups = List.of();

  TrainingRun(
      TrainerSetup setup,
      OwnHooks own,
      TrainerHooks hooks,
      NDManager manager,
      CallbackDispatcher callbacks,
      LiveContext context,
      RunState state,
      StopRequest stopRequest,
      RunCheckpoints checkpoints,
      LogLines lines,
      PeriodicEvaluation evaluation,
      RunLog log) {
    this.setup = setup;
    args = setup.args();
    model = setup.model();
    this.own = own;
    this.hooks = hooks;
    this.manager = manager;
    this.callbacks = callbacks;
    this.context = context;
    this.state = state;
    this.stopRequest = stopRequest;
    this.checkpoints = checkpoints;
    this.lines = lines;
    this.evaluation = () -> callbacks.serveEvaluation(evaluation::evaluate);
    this.log = log;
  }

  TrainOutput run(DataLoader loader, ResumeRequest from) {
    TrainingPlan plan = TrainingPlan.of(loader, args, setup.processes().worldSize());
    StartOfRanks.requireSizes(setup.processes(), args, plan);
    RunReport report = new RunReport(log);
    model.onTrainBegin(setup.processingClass());
    try (ExactCalls exact = ExactCalls.open();
        StopSignals.Listening signals = listenToSignals();
        RunCheckpoints owned = checkpoints;
        TrainingSession session = open(loader, plan, from)) {
      state.follow(session.progress());
      context.trainingWith(session);
      report.start(model, session);
      TrainOutput output = loop(session).run();
      if (output.stopReason() == StopReason.SIGNAL) {
        signals.acknowledge();
      }
      report.end(output.metrics());
      return output;
    } catch (RuntimeException | Error e) {
      setup.strategy().abandon();
      throw e;
    } finally {
      context.trainingWith(null);
      model.onTrainEnd();
    }
  }

  private TrainingSession open(DataLoader loader, TrainingPlan plan, ResumeRequest from) {
    checkpoints.requireFolder();
    requireTogether(
        setup.strategy().problems(args, own.trainingStep(), callbacks.hasEvaluationWeights()));
    ModelMaker maker = setup.modelMaker();
    if (maker != null) {
      setup.strategy().giveBack();
      maker.renew(loader, manager);
    }
    ModelInitialization.run(model, loader, manager, args.seed());
    Precision.requireFloat32(model.parameters());
    StartOfRanks.align(
        setup.processes(), args, loader, model, setup.strategy().wholeTensors(model));
    setup.strategy().take(model);
    SessionFactory factory =
        new SessionFactory(args, model, setup.processes(), this::optimizer, hooks::createScheduler);
    return checkpoints.open(
        from, plan, (length, past, before) -> factory.create(loader, length, past, before));
  }

  private static void requireTogether(List<String> problems) {
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          "this cannot be trained with sharding:\n  " + String.join("\n  ", problems));
    }
  }

  /** Called again when parameters were frozen or released: groups stay what they were. */
  private Optimizer optimizer(List<NamedParameter> parameters) {
    List<ParameterGroup> now = setup.groups(parameters, groups);
    if (groups.isEmpty()) {
      groups = now;
    }
    return setup.strategy().optimizer(now, hooks::createOptimizer);
  }

  private TrainingLoop loop(TrainingSession session) {
    Agreement agreement = new Agreement(setup.processes());
    Reactions reactions =
        new Reactions(
            session,
            callbacks,
            lines,
            evaluation,
            new BestMetric(args),
            args.savesBest(),
            args.includeNumInputTokensSeen() != InputTokenCount.NO,
            checkpoints,
            agreement);
    return new TrainingLoop(
        args,
        session,
        () -> update(session),
        callbacks,
        reactions,
        new StopNotice(stopRequest, callbacks.control(), agreement, args.savesRegularly()),
        agreement,
        checkpoints,
        lines,
        evaluation,
        new DeviceMemory(model.manager(), args.torchEmptyCacheSteps(), log));
  }

  private UpdateStep update(TrainingSession session) {
    PassChoice passes =
        new PassChoice(
            setup.precision().training(EmbeddingNoise.training(args, model)),
            args.gradientCheckpointing(),
            setup.loss().isUsual() && !own.trainingStep() && !own.computeLoss(),
            own.trainingStep(),
            setup.strategy(),
            callbacks,
            session);
    return new UpdateStep(
        args,
        model,
        session,
        hooks,
        passes,
        callbacks,
        setup.processes(),
        new UpdateRanks(
            setup.processes(),
            GradientSync.dataParallel(setup.processes(), args.sharding().bucketBytes())),
        checkpoints,
        log);
  }

  private StopSignals.Listening listenToSignals() {
    if (!args.enableJitCheckpoint()) {
      return StopSignals.none();
    }
    return StopSignals.shared()
        .listen(
            name -> {
              log.warn(
                  "SIG{}: finishing the update and saving a checkpoint; a second signal is not"
                      + " waited for",
                  name);
              stopRequest.ask(StopReason.SIGNAL);
            });
  }
}
