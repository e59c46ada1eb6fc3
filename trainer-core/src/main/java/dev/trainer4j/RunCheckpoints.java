// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.checkpoint.CheckpointMismatchException;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.checkpoint.HuggingFaceCheckpoint;
import dev.trainer4j.checkpoint.OutputDirLock;
import dev.trainer4j.checkpoint.ResumePoint;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.schedule.LearningRateScheduler;
import dev.trainer4j.state.CallbackState;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A run's checkpoints: starts from one, writes new ones, drops old ones, loads the best. */
final class RunCheckpoints implements AutoCloseable {

  private static final String CONTROL_KEY = "TrainerControl";

  private final Trainer trainer;
  private @Nullable OutputDirLock lock;

  RunCheckpoints(Trainer trainer) {
    this.trainer = trainer;
  }

  private TrainingArguments args() {
    return trainer.args();
  }

  private CheckpointStore store() {
    return new CheckpointStore(args().outputDir());
  }

  /** Builds what a run needs, from nothing or from where a checkpoint left off. */
  TrainingSession openSession(DataLoader loader, TrainingPlan plan, ResumeFrom from) {
    trainer.initializeModel(loader);
    try {
      if (writes() || from.kind() == ResumeFrom.Kind.LATEST) {
        own();
      }
      Path folder = resolve(from);
      CheckpointFiles files = folder == null ? null : new CheckpointFiles(folder);
      if (files != null) {
        trainer.runLog().info("Resuming from {}", folder);
        files.readModel(trainer.model());
      }
      TrainerState start = startState(plan, files);
      LearningRateScheduler scheduler = trainer.createScheduler(Math.toIntExact(plan.maxSteps()));
      // Last, because it is what must be closed.
      Optimizer optimizer =
          trainer.createOptimizer(
              ParameterGroup.decayAndNoDecay(
                  trainer.model().parameters(), args().learningRate(), args().weightDecay()));
      TrainingSession session =
          new TrainingSession(
              plan,
              loader,
              optimizer,
              scheduler,
              new TrainingProgress(plan, start),
              new LossTracker());
      if (files != null) {
        try {
          restore(session, files, from.changesAllowed());
        } catch (IOException | RuntimeException e) {
          session.close();
          throw e;
        }
      }
      return session;
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  private @Nullable Path resolve(ResumeFrom from) throws IOException {
    return switch (from.kind()) {
      case NEVER -> null;
      case LATEST ->
          store()
              .latestValid()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "there is no intact checkpoint in outputDir "
                              + args().outputDir()
                              + " to resume from; pass ResumeFrom.never() to start anew"));
      case PATH -> {
        if (!Files.isDirectory(from.path())) {
          throw new IllegalArgumentException("there is no checkpoint folder " + from.path());
        }
        yield from.path();
      }
    };
  }

  /** The state a run starts with: intervals from its own arguments, the past from the checkpoint. */
  private TrainerState startState(TrainingPlan plan, @Nullable CheckpointFiles files)
      throws IOException {
    TrainerState past = files == null ? TrainerState.initial() : files.readState();
    int total = Math.toIntExact(plan.maxSteps());
    boolean evaluates =
        args().evalStrategy() == IntervalStrategy.STEPS || args().evalSteps().isPresent();
    return new TrainerState(
        past.epoch(),
        past.globalStep(),
        plan.maxSteps(),
        args().loggingStepsFor(total),
        evaluates ? args().evalStepsFor(total) : past.evalSteps(),
        args().saveStepsFor(total),
        args().perDeviceTrainBatchSize(),
        plan.numTrainEpochs(),
        past.numInputTokensSeen(),
        past.totalFlos(),
        past.logHistory(),
        past.bestMetric(),
        past.bestGlobalStep(),
        past.bestModelCheckpoint(),
        trainer.processes().isMain(),
        trainer.processes().isMain(),
        Map.of());
  }

  private void restore(TrainingSession session, CheckpointFiles files, boolean changesAllowed)
      throws IOException {
    if (HuggingFaceCheckpoint.isOne(files.folder())) {
      restoreHuggingFace(session, files);
      return;
    }
    if (!files.canResume()) {
      throw new IllegalArgumentException(
          files.folder()
              + " holds a model but no optimizer state (saveOnlyModel), so training cannot go on"
              + " from it; load its model and train with ResumeFrom.never()");
    }
    ResumePoint point = files.readPosition();
    if (!changesAllowed) {
      requireSameData(session, point, files.folder());
    }
    files.readOptimizer(session.optimizer().state(), trainer.model());
    session.scheduler().restore(files.readScheduler());
    session.progress().restore(point, session.loader().batchSize());
    session.losses().restore(point.losses());
    trainer.callbacks().restore(files.readState().statefulCallbacks());
    tellDifferences(files.readArguments());
  }

  private void restoreHuggingFace(TrainingSession session, CheckpointFiles files)
      throws IOException {
    TrainingPlan plan = session.plan();
    long step = session.progress().globalStep();
    ResumePoint start =
        session.progress().resumePoint(args().seed(), args().resolvedDataSeed(), Map.of());
    ResumePoint point =
        HuggingFaceCheckpoint.position(
            step,
            plan.updatesPerEpoch(),
            plan.totalBatchSize(),
            plan.samples().orElse(Long.MAX_VALUE),
            start);
    session.progress().restore(point, session.loader().batchSize());
    trainer.callbacks().restore(files.readState().statefulCallbacks());
    new HuggingFaceCheckpoint(files.folder())
        .readOptimizer(
            session.optimizer().groups(),
            session.optimizer().state(),
            trainer.model().manager(),
            step)
        .ifPresent(why -> trainer.runLog().warn("The optimizer's moments start fresh: {}", why));
    if (session.scheduler().isMetricDriven()) {
      trainer.runLog().warn("The schedule starts fresh: Hugging Face's scheduler.pt is not read");
    }
  }

  private void requireSameData(TrainingSession session, ResumePoint point, Path folder) {
    List<String> differences = new ArrayList<>();
    Long size = session.plan().samples().isPresent() ? session.plan().samples().getAsLong() : null;
    if (!Objects.equals(size, point.datasetSize())) {
      differences.add("the training data has " + size + " samples, it had " + point.datasetSize());
    }
    if (args().seed() != point.seed()) {
      differences.add("seed is " + args().seed() + ", it was " + point.seed());
    }
    if (args().resolvedDataSeed() != point.dataSeed()) {
      differences.add("dataSeed is " + args().resolvedDataSeed() + ", it was " + point.dataSeed());
    }
    if (!differences.isEmpty()) {
      throw new CheckpointMismatchException(
          folder
              + " is from a run on other data: "
              + String.join("; ", differences)
              + ". Use the same, or allow it with ResumeFrom...allowChanges()");
    }
  }

  /** Arguments of this run win; what differs is said once. */
  private void tellDifferences(Map<String, Object> before) {
    Map<String, ?> now = args().toMap();
    Set<String> names = new TreeSet<>(before.keySet());
    names.addAll(now.keySet());
    List<String> differences = new ArrayList<>();
    for (String name : names) {
      if (!String.valueOf(before.get(name)).equals(String.valueOf(now.get(name)))) {
        differences.add(name + ": " + before.get(name) + " -> " + now.get(name));
      }
    }
    if (!differences.isEmpty()) {
      trainer
          .runLog()
          .warn(
              "Arguments differ from the checkpoint's; those of this run are used: {}",
              String.join(", ", differences));
    }
  }

  private boolean writes() {
    return args().saveStrategy() != IntervalStrategy.NO || trainer.best().savesBest();
  }

  /** Takes the output folder for this run alone, and clears what a crash left in it. */
  private void own() throws IOException {
    if (lock == null) {
      lock = OutputDirLock.acquire(args().outputDir());
      store().cleanLeftovers();
    }
  }

  /** Writes {@code checkpoint-N} and drops those that are no longer to be kept. */
  void save(TrainingSession session) {
    if (!trainer.processes().isMain()) {
      return;
    }
    TrainingProgress progress = session.progress();
    Long bestStep = progress.bestGlobalStep();
    long step = progress.globalStep();
    CheckpointStore store = store();
    if (bestStep != null && (bestStep == step || Files.isDirectory(checkpointFolder(bestStep)))) {
      progress.bestCheckpoint(checkpointFolder(bestStep).toString());
    }
    try {
      own();
      store.commit(step, folder -> write(session, new CheckpointFiles(folder)));
      if (args().saveTotalLimit().isPresent()) {
        store.rotate(
            args().saveTotalLimit().getAsInt(), bestStep == null ? Set.of() : Set.of(bestStep));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  private Path checkpointFolder(long step) {
    return args().outputDir().resolve("checkpoint-" + step);
  }

  private void write(TrainingSession session, CheckpointFiles files) throws IOException {
    files.writeModel(trainer.model());
    files.writeArguments(args().toJson());
    if (!args().saveOnlyModel()) {
      files.writeOptimizer(session.optimizer().state());
      files.writeScheduler(session.scheduler().state());
      files.writePosition(
          session
              .progress()
              .resumePoint(args().seed(), args().resolvedDataSeed(), session.losses().state()));
    }
    files.writeState(withCallbacks(session.progress().snapshot()));
  }

  private TrainerState withCallbacks(TrainerState state) {
    Map<String, CallbackState> states = new LinkedHashMap<>(trainer.callbacks().states());
    states.put(CONTROL_KEY, trainer.control().state());
    return state.withStatefulCallbacks(states);
  }

  /** Loads the weights that earned the best metric. */
  void loadBest(TrainingProgress progress) {
    Long step = progress.bestGlobalStep();
    if (step == null) {
      trainer
          .runLog()
          .warn("loadBestModelAtEnd: no evaluation took place, the model stays as it is");
      return;
    }
    try {
      trainer
          .runLog()
          .info(
              "Loading best model from {} (score: {}).",
              checkpointFolder(step),
              progress.bestMetric());
      new CheckpointFiles(checkpointFolder(step)).readModel(trainer.model());
      // With a limit of one the best was kept beside the last; now the best alone is wanted.
      if (args().saveTotalLimit().orElse(0) == 1) {
        store().keepOnly(step);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** Gives the output folder back. */
  @Override
  public void close() {
    try {
      if (lock != null) {
        lock.close();
        lock = null;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  void saveModel(Path folder) throws IOException {
    Files.createDirectories(folder);
    new CheckpointFiles(folder).writeModel(trainer.model());
  }
}
