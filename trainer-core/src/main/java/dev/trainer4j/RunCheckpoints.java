// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.checkpoint.Checkpoint;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.checkpoint.CheckpointMismatchException;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.checkpoint.CheckpointVerification;
import dev.trainer4j.checkpoint.OutputDirLock;
import dev.trainer4j.checkpoint.ResumePoint;
import dev.trainer4j.checkpoint.pytorch.HuggingFaceCheckpoint;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.torch.ArrayScope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A run's checkpoints: starts from one, writes new ones, drops old ones, loads the best. */
final class RunCheckpoints implements AutoCloseable {

  private final Trainer trainer;

  /** One for the trainer's life: it remembers which checkpoint was committed last. */
  private final CheckpointStore store;

  private final CheckpointSaver saver;
  private final BestCheckpoint best;

  private @Nullable OutputDirLock lock;

  RunCheckpoints(Trainer trainer) {
    this.trainer = trainer;
    store = new CheckpointStore(trainer.args().outputDir());
    saver = new CheckpointSaver(trainer, store);
    best = new BestCheckpoint(trainer.args().outputDir(), store);
  }

  private TrainingArguments args() {
    return trainer.args();
  }

  /** Builds what a run needs, from nothing or from where a checkpoint left off. */
  TrainingSession openSession(DataLoader loader, TrainingPlan plan, ResumeFrom from) {
    requireOutputFolder();
    ModelInitialization.run(trainer.model(), loader, trainer.manager(), args().seed());
    Precision.requireFloat32(trainer.model().parameters());
    try {
      if (writes() || from.readsOutputDir()) {
        own();
      }
      Path folder = resolve(from);
      if (folder == null && writes()) {
        warnOfEarlierRun();
      }
      return folder == null
          ? newSession(loader, plan, TrainerState.initial(), 0)
          : resume(new CheckpointFiles(folder), loader, plan, from.changesAllowed());
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** Folders tell steps, not runs: a longer earlier run would hide this one's checkpoints. */
  private void warnOfEarlierRun() throws IOException {
    List<Checkpoint> earlier = store.list();
    if (!earlier.isEmpty()) {
      trainer
          .runLog()
          .warn(
              "outputDir {} already holds {} of an earlier run, which ResumeFrom.latest() would take"
                  + " before this run's checkpoints of fewer steps; choose another folder, delete the"
                  + " old checkpoints, or resume",
              args().outputDir(),
              earlier.get(earlier.size() - 1).path().getFileName());
    }
  }

  /** A file in the way would show only at the first save, hours later. */
  private void requireOutputFolder() {
    Path folder = args().outputDir();
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new IllegalArgumentException(
          "outputDir "
              + folder
              + " is not a folder; name a folder, or one that does not exist yet");
    }
  }

  /**
   * @param found the size of a micro batch to begin with; 0 for that of the arguments
   */
  private TrainingSession newSession(
      DataLoader loader, TrainingPlan plan, TrainerState past, int found) {
    List<NamedParameter> parameters = trainer.model().parameters();
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException(
          "the model has no trainable parameters: none requires gradients, so there is nothing to"
              + " train; unfreeze some, or call evaluate() or predict()");
    }
    Optimizer optimizer =
        trainer.createOptimizer(
            ParameterGroup.decayAndNoDecay(
                parameters, args().learningRate(), args().weightDecay()));
    try {
      MicroBatches batches = microBatches(loader, plan, found);
      return new TrainingSession(
          plan,
          batches,
          optimizer,
          trainer.createScheduler(Math.toIntExact(plan.maxSteps())),
          new TrainingProgress(plan, startState(plan, past, batches.size())),
          new LossTracker(),
          new PhaseClock(),
          args().fp16() ? new LossScaler(trainer.processes(), batches::perUpdate) : null);
    } catch (RuntimeException e) {
      optimizer.close();
      throw e;
    }
  }

  private MicroBatches microBatches(DataLoader loader, TrainingPlan plan, int found) {
    MicroBatches batches = new MicroBatches(loader, plan.microBatchesPerUpdate());
    if (args().autoFindBatchSize()) {
      batches.use(1); // Now, and not in the night, if the loader cannot.
      batches.use(batches.fits(found) ? found : loader.batchSize());
    }
    return batches;
  }

  /**
   * Returns the size that a checkpoint's run had found, so that this one goes on as that one would have; 0
   * if this run asks for another size than that one did.
   */
  private int foundSize(TrainerState past, Map<String, Object> before) {
    Object asked = before.get("per_device_train_batch_size");
    boolean same =
        asked instanceof Number size && size.intValue() == args().perDeviceTrainBatchSize();
    return same ? past.trainBatchSize() : 0;
  }

  /** Checks all that can be checked before the model's own weights are overwritten. */
  private TrainingSession resume(
      CheckpointFiles files, DataLoader loader, TrainingPlan plan, boolean changesAllowed)
      throws IOException {
    if (HuggingFaceCheckpoint.isOne(files.folder())) {
      return resumeHuggingFace(files, loader, plan);
    }
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
    trainer.runLog().info("Resuming from {}", files.folder());
    files.readModel(trainer.model());
    Map<String, Object> before = files.readArguments();
    TrainingSession session = newSession(loader, plan, past, foundSize(past, before));
    try {
      files.readOptimizer(session.optimizer().state(), trainer.model());
      session.scheduler().restore(files.readScheduler());
      session.progress().restore(point, session.batches().plannedSize());
      locateBest(session.progress(), files.folder());
      session.losses().restore(point.losses());
      if (session.lossScaler() != null && point.lossScale() != null) {
        session.lossScaler().restore(point.lossScale());
      }
      trainer.callbacks().restore(past.statefulCallbacks());
      tellDifferences(before);
      // Last: what fails behind it would leave the callbacks' copies to nobody.
      restoreCallbackTensors(files);
      return session;
    } catch (IOException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  private void restoreCallbackTensors(CheckpointFiles files) throws IOException {
    for (String name : trainer.callbacks().tensorFiles()) {
      try (ArrayScope scope = ArrayScope.open();
          NDManager host = trainer.manager().newSubManager(Device.cpu())) {
        Map<String, NDArray> saved = files.readTensors(name, host);
        if (!saved.isEmpty()) {
          trainer.callbacks().restoreTensors(name, saved);
        }
      }
    }
  }

  private TrainingSession resumeHuggingFace(
      CheckpointFiles files, DataLoader loader, TrainingPlan plan) throws IOException {
    TrainerState past = files.readState();
    trainer.runLog().info("Resuming from {}, of Hugging Face's Trainer", files.folder());
    files.readModel(trainer.model());
    TrainingSession session = newSession(loader, plan, past, 0);
    try {
      restoreHuggingFace(session, files);
      locateBest(session.progress(), files.folder());
      trainer.callbacks().restore(past.statefulCallbacks());
      return session;
    } catch (IOException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  private void restoreHuggingFace(TrainingSession session, CheckpointFiles files)
      throws IOException {
    TrainingPlan plan = session.plan();
    long step = session.progress().globalStep();
    ResumePoint start =
        session.progress().resumePoint(args().seed(), args().resolvedDataSeed(), false, Map.of());
    ResumePoint point =
        HuggingFaceCheckpoint.position(
            step,
            plan.updatesPerEpoch(),
            plan.totalBatchSize(),
            plan.samples().orElse(Long.MAX_VALUE),
            start);
    session.progress().restore(point, session.batches().plannedSize());
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

  private @Nullable Path resolve(ResumeFrom from) throws IOException {
    return switch (from.kind()) {
      case NEVER -> null;
      case LATEST -> latest();
      case LATEST_IF_ANY -> store.list().isEmpty() ? null : latest();
      case PATH -> intact(from.path());
    };
  }

  private Path latest() throws IOException {
    return store
        .latestValid()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no intact checkpoint in outputDir "
                        + args().outputDir()
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

  /** The state a run starts with: intervals from its own arguments, the past from the checkpoint. */
  private TrainerState startState(TrainingPlan plan, TrainerState past, int trainBatchSize) {
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
        trainBatchSize,
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

  private void requireSameData(TrainingPlan plan, ResumePoint point, Path folder) {
    List<String> differences = new ArrayList<>();
    Long size = plan.samples().isPresent() ? plan.samples().getAsLong() : null;
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
    if (before.isEmpty()) {
      return; // Not one of ours.
    }
    Map<String, ?> now = args().toMap();
    Map<String, ?> defaults = TrainingArguments.builder().build().toMap();
    Set<String> names = new TreeSet<>(before.keySet());
    names.addAll(now.keySet());
    List<String> differences = new ArrayList<>();
    for (String name : names) {
      // An argument that is younger than the checkpoint had its default's effect then.
      Object then = before.containsKey(name) ? before.get(name) : defaults.get(name);
      if (!String.valueOf(then).equals(String.valueOf(now.get(name)))) {
        differences.add(name + ": " + then + " -> " + now.get(name));
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
    return args().savesRegularly() || args().enableJitCheckpoint() || trainer.best().savesBest();
  }

  /** Takes the output folder for this run alone, and clears what a crash left in it. */
  private void own() throws IOException {
    if (lock == null) {
      lock = acquire();
      store.cleanLeftovers();
    }
  }

  private OutputDirLock acquire() throws IOException {
    try {
      return OutputDirLock.acquire(args().outputDir());
    } catch (FileSystemException e) {
      throw new IllegalArgumentException(
          "outputDir "
              + args().outputDir()
              + " cannot be created or written to: "
              + e.getFile()
              + ": "
              + (e.getReason() == null ? e.getClass().getSimpleName() : e.getReason())
              + ". Choose another outputDir, or make this one writable",
          e);
    }
  }

  /** Writes {@code checkpoint-N}; with {@code asyncSave} it is on its way when this returns. */
  void save(TrainingSession session) {
    if (!trainer.processes().isMain()) {
      return;
    }
    // First, because what follows looks at what is on disk.
    saver.await();
    best.note(session.progress());
    try {
      own();
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
    saver.save(session);
  }

  /** Throws what a save in the background has failed with. */
  void check() {
    saver.check();
  }

  /** Returns what was committed since the last call, and does not wait. */
  List<Path> drainCommitted() {
    return saver.drainCommitted();
  }

  /** Waits for the save in the background. */
  void await() {
    saver.await();
  }

  /** Waits until weights and optimizer state may change. */
  void awaitCopied() {
    saver.awaitCopied();
  }

  /** Without its weights the best metric is a bar that no later model may be able to take. */
  private void locateBest(TrainingProgress progress, Path resumedFrom) {
    if (!best.locate(progress, resumedFrom) && args().loadBestModelAtEnd()) {
      trainer
          .runLog()
          .warn(
              "The checkpoint of the best model, of step {}, is neither beside {} nor where it was"
                  + " ({}); the best model is sought anew from here.",
              progress.bestGlobalStep(),
              resumedFrom,
              progress.snapshot().bestModelCheckpoint());
      progress.forgetBest();
    }
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
    saver.await();
    Path folder = best.folder(progress, step);
    if (!Files.isDirectory(folder)) {
      throw new IllegalStateException(
          "loadBestModelAtEnd: the checkpoint of the best model, "
              + folder
              + ", was deleted during the run; the model has the weights of the last update");
    }
    try {
      trainer
          .runLog()
          .info(
              "Loading best model from {} ({} {})",
              folder,
              args().resolvedMetricForBestModel(),
              String.format(Locale.ROOT, "%.4g", progress.bestMetric()));
      CheckpointFiles files = new CheckpointFiles(folder);
      files.readModel(trainer.model());
      restoreCallbackTensors(files);
      // With a limit of one the best was kept beside the last; now the best alone is wanted.
      if (args().saveTotalLimit().orElse(0) == 1 && folder.equals(best.own(step))) {
        store.keepOnly(step, args().saveKeepEvery().orElse(0));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** Waits for the save in the background, and gives the output folder back. */
  @Override
  public void close() {
    try {
      saver.close();
    } finally {
      unlock();
    }
  }

  private void unlock() {
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
    try (CallbackDispatcher.Lent weights = trainer.lendWeights()) {
      new CheckpointFiles(folder).writeModel(trainer.model(), args().maxShardBytes());
    }
    trainer.saveProcessingClass(folder);
  }
}
