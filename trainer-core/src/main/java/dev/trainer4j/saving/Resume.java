// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.checkpoint.CheckpointMismatchException;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.checkpoint.CheckpointVerification;
import dev.trainer4j.checkpoint.FrozenTensors;
import dev.trainer4j.checkpoint.ResumePoint;
import dev.trainer4j.checkpoint.pytorch.HuggingFaceCheckpoint;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.report.RunLog;
import dev.trainer4j.run.Continuation;
import dev.trainer4j.run.RunBefore;
import dev.trainer4j.run.TrainingPlan;
import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.sharding.ParallelStrategy;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
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

/** Goes on from a checkpoint: finds it, checks it against this run, and puts everything back. */
final class Resume {

  /** What Hugging Face's Trainer saves among the callbacks and is none. */
  private static final Set<String> OF_PYTHONS_TRAINER = Set.of("TrainerControl");

  private final TrainingArguments args;
  private final TrainableModel model;
  private final NDManager manager;
  private final ParallelStrategy strategy;
  private final CallbackDispatcher callbacks;
  private final CheckpointStore store;
  private final BestCheckpoint best;
  private final RunLog log;

  Resume(
      TrainingArguments args,
      TrainableModel model,
      NDManager manager,
      ParallelStrategy strategy,
      CallbackDispatcher callbacks,
      CheckpointStore store,
      BestCheckpoint best,
      RunLog log) {
    this.args = args;
    this.model = model;
    this.manager = manager;
    this.strategy = strategy;
    this.callbacks = callbacks;
    this.store = store;
    this.best = best;
    this.log = log;
  }

  /** Returns the folder to go on from, null to start anew. */
  @Nullable Path resolve(ResumeRequest from) throws IOException {
    return switch (from.kind()) {
      case NEVER -> null;
      case LATEST -> latest();
      case LATEST_IF_ANY -> store.list().isEmpty() ? null : latest();
      case PATH -> intact(Objects.requireNonNull(from.path(), "path"));
    };
  }

  private Path latest() throws IOException {
    return store
        .latestValid()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no intact checkpoint in outputDir "
                        + args.outputDir()
                        + " to resume from; pass ResumeFrom.never() to start anew"));
  }

  private Path intact(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException("there is no checkpoint folder " + folder);
    }
    CheckpointVerification verification = store.verify(folder);
    if (verification.status() == CheckpointVerification.Status.DAMAGED) {
      throw new IllegalArgumentException(
          folder
              + " is no whole checkpoint: "
              + verification.summary()
              + "; resume from another, or with ResumeFrom.latest() from the newest that is whole");
    }
    return folder;
  }

  /** Makes the session that goes on from {@code folder}. */
  TrainingSession session(
      Path folder, TrainingPlan plan, SessionStart sessions, boolean changesAllowed)
      throws IOException {
    CheckpointFiles files = new CheckpointFiles(folder);
    return HuggingFaceCheckpoint.isOne(folder)
        ? ofHuggingFace(files, plan, sessions)
        : ofOurs(files, plan, sessions, changesAllowed);
  }

  /** Checks all that can be checked before the model's own weights are overwritten. */
  private TrainingSession ofOurs(
      CheckpointFiles files, TrainingPlan plan, SessionStart sessions, boolean changesAllowed)
      throws IOException {
    if (!files.canResume()) {
      throw new IllegalArgumentException(
          files.folder()
              + " holds a model but no optimizer state (saveOnlyModel), so training cannot go on"
              + " from it; load its model and train with ResumeFrom.never()");
    }
    ResumePoint point = files.readPosition();
    TrainerState past = files.readState();
    if (!changesAllowed) {
      requireSameData(plan, point, files.folder());
    }
    log.info("Resuming from {}", files.folder());
    FrozenTensors frozen = point.frozen();
    boolean sameStart = frozen != null && frozen.beganAs(model);
    if (frozen != null && frozen.restore(model)) {
      log.info("Freezing what the run had frozen when the checkpoint was written");
    }
    strategy.readModel(model, files);
    Map<String, @Nullable Object> before = files.readArguments();
    Continuation next =
        Continuation.of(
            plan, args, point, past.globalStep(), samplesPerUpdate(plan, point, before));
    if (next.otherData()) {
      tellOtherData(next, point, past.globalStep());
    }
    TrainingSession session =
        sessions.create(
            next.plan(),
            past,
            new RunBefore(
                foundSize(past, before),
                point.numThreads(),
                frozen == null || !sameStart ? null : frozen.atStart()));
    try {
      strategy.readState(session.optimizer(), files, model);
      session.optimizer().exchangeWeights(); // The model was written with those for evaluations.
      restoreSchedule(session, files);
      session.progress().restore(next.point(), session.batches().plannedRound());
      locateBest(session, files.folder());
      session.losses().restore(point.losses());
      if (session.lossScaler() != null && point.lossScale() != null) {
        session.lossScaler().restore(point.lossScale());
      }
      restoreCallbacks(past, files);
      tellDifferences(before);
      // Last: what fails behind it would leave the callbacks' copies to nobody.
      CallbackTensors.restore(callbacks, files, manager);
      return session;
    } catch (IOException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  private static void restoreSchedule(TrainingSession session, CheckpointFiles files)
      throws IOException {
    Map<String, Object> state = new LinkedHashMap<>();
    files
        .readScheduler()
        .forEach(
            (key, value) -> {
              if (value != null) {
                state.put(key, value);
              }
            });
    try {
      session.scheduler().restore(state);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(files.schedulerPath() + ": " + e.getMessage(), e);
    }
  }

  private void restoreCallbacks(TrainerState past, CheckpointFiles files) {
    Set<String> left = callbacks.restore(past.statefulCallbacks(), files.statePath());
    left.removeAll(OF_PYTHONS_TRAINER);
    if (!left.isEmpty()) {
      log.warn(
          "{} holds states of callbacks that this run does not have: {}. They are dropped, and the"
              + " checkpoints of this run will not have them; add the callbacks to go on with them",
          files.folder(),
          left);
    }
  }

  /**
   * Returns the size that a checkpoint's run had found, so that this one goes on as that one would have; 0
   * if this run asks for another size than that one did.
   */
  private int foundSize(TrainerState past, Map<String, @Nullable Object> before) {
    Object asked = before.get("per_device_train_batch_size");
    boolean same =
        asked instanceof Number size && size.intValue() == args.perDeviceTrainBatchSize();
    return same ? past.trainBatchSize() : 0;
  }

  /** Those of earlier versions do not say it; then it follows from their arguments. */
  private long samplesPerUpdate(
      TrainingPlan plan, ResumePoint point, Map<String, @Nullable Object> before) {
    if (point.samplesPerUpdate() != null) {
      return point.samplesPerUpdate();
    }
    if (before.get("per_device_train_batch_size") instanceof Number batch
        && before.get("gradient_accumulation_steps") instanceof Number accumulation) {
      long mine = (long) args.perDeviceTrainBatchSize() * args.gradientAccumulationSteps();
      return plan.totalBatchSize() / mine * batch.longValue() * accumulation.longValue();
    }
    return plan.totalBatchSize();
  }

  private void tellOtherData(Continuation next, ResumePoint before, long step) {
    TrainingPlan plan = next.plan();
    log.warn(
        "The training data has {} samples, it had {}: by the {} updates that were made, the run goes on"
            + " at sample {} of epoch {}, towards update {}{}",
        plan.samples().isPresent() ? plan.samples().getAsLong() : "a stream's",
        before.datasetSize() == null ? "a stream's" : before.datasetSize(),
        step,
        next.point().samplesInEpoch(),
        next.point().epoch(),
        plan.maxSteps(),
        step < plan.maxSteps()
            ? "."
            : ". Nothing is left to do; raise numTrainEpochs or maxSteps, or train from the"
                + " checkpoint's model with ResumeFrom.never().");
  }

  private void requireSameData(TrainingPlan plan, ResumePoint point, Path folder) {
    List<String> differences = new ArrayList<>();
    Long size = plan.samples().isPresent() ? plan.samples().getAsLong() : null;
    if (!Objects.equals(size, point.datasetSize())) {
      differences.add("the training data has " + size + " samples, it had " + point.datasetSize());
    }
    if (args.seed() != point.seed()) {
      differences.add("seed is " + args.seed() + ", it was " + point.seed());
    }
    if (args.resolvedDataSeed() != point.dataSeed()) {
      differences.add("dataSeed is " + args.resolvedDataSeed() + ", it was " + point.dataSeed());
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
  private void tellDifferences(Map<String, @Nullable Object> before) {
    if (before.isEmpty()) {
      return; // Not one of ours.
    }
    Map<String, ?> now = args.toMap();
    Map<String, ?> defaults = TrainingArguments.builder().build().toMap();
    List<String> differences = new ArrayList<>();
    Set<String> gone = new TreeSet<>(before.keySet());
    gone.removeAll(now.keySet());
    // Of a name that nobody knows the value may be a secret.
    gone.forEach(name -> differences.add(name + ", which is no argument now"));
    for (String name : new TreeSet<>(now.keySet())) {
      // An argument that is younger than the checkpoint had its default's effect then.
      Object then = before.containsKey(name) ? before.get(name) : defaults.get(name);
      if (!String.valueOf(then).equals(String.valueOf(now.get(name)))) {
        differences.add(name + ": " + then + " -> " + now.get(name));
      }
    }
    if (!differences.isEmpty()) {
      log.warn(
          "Arguments differ from the checkpoint's; those of this run are used: {}",
          String.join(", ", differences));
    }
  }

  /** Without its weights the best metric is a bar that no later model may be able to take. */
  private void locateBest(TrainingSession session, Path resumedFrom) {
    if (!best.locate(session.progress(), resumedFrom) && args.loadBestModelAtEnd()) {
      log.warn(
          "The checkpoint of the best model, of step {}, is neither beside {} nor where it was"
              + " ({}); the best model is sought anew from here.",
          session.progress().bestGlobalStep(),
          resumedFrom,
          session.progress().snapshot().bestModelCheckpoint());
      session.progress().forgetBest();
    }
  }

  private TrainingSession ofHuggingFace(
      CheckpointFiles files, TrainingPlan plan, SessionStart sessions) throws IOException {
    if (strategy.savesTogether()) {
      throw new IllegalArgumentException(
          files.folder()
              + " is of Hugging Face's Trainer, whose optimizer.pt cannot be read in slices: go on from it"
              + " without sharding, save a checkpoint, and shard from that one on");
    }
    TrainerState past = files.readState();
    log.info("Resuming from {}, of Hugging Face's Trainer", files.folder());
    files.readModel(model);
    TrainingSession session = sessions.create(plan, past, RunBefore.none());
    try {
      restoreHuggingFace(session, plan, files);
      locateBest(session, files.folder());
      restoreCallbacks(past, files);
      return session;
    } catch (IOException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  private void restoreHuggingFace(TrainingSession session, TrainingPlan plan, CheckpointFiles files)
      throws IOException {
    long step = session.progress().globalStep();
    ResumePoint start =
        session.progress().resumePoint(args.seed(), args.resolvedDataSeed(), false, Map.of());
    ResumePoint point =
        HuggingFaceCheckpoint.position(
            step,
            plan.updatesPerEpoch(),
            plan.totalBatchSize(),
            plan.samples().orElse(Long.MAX_VALUE),
            start);
    session.progress().restore(point, session.batches().plannedRound());
    new HuggingFaceCheckpoint(files.folder())
        .readOptimizer(
            session.optimizer().groups(), session.optimizer().state(), model.manager(), step)
        .ifPresent(why -> log.warn("The optimizer's moments start fresh: {}", why));
    if (session.scheduler().isMetricDriven()) {
      log.warn("The schedule starts fresh: Hugging Face's scheduler.pt is not read");
    }
  }
}
