// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.report.RunLog;
import dev.trainer4j.run.FollowingOptimizer;
import dev.trainer4j.run.RunBefore;
import dev.trainer4j.run.RunState;
import dev.trainer4j.run.TrainingPlan;
import dev.trainer4j.run.TrainingProgress;
import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.sharding.ParallelStrategy;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A run's checkpoints: starts from one, writes new ones, drops old ones, loads the best. */
public final class RunCheckpoints implements AutoCloseable {

  private final TrainingArguments args;
  private final TrainableModel model;
  private final NDManager manager;
  private final ProcessGroup processes;
  private final ParallelStrategy strategy;
  private final RankWork ranks;
  private final CallbackDispatcher callbacks;
  private final RunState state;
  private final RunLog log;
  private final ModelFolder modelFolder;

  /** One for the trainer's life: it remembers which checkpoint was committed last. */
  private final CheckpointStore store;

  private final OutputFolder output;
  private final BestCheckpoint best;
  private final Resume resume;
  private final CheckpointSaver saver;
  private final JointSave joint;
  private final RestartedJob restarted = RestartedJob.ofThisProcess();

  /** Of the run that goes on. */
  private @Nullable FollowingOptimizer trained;

  /**
   * Collects the parts.
   *
   * @param processing what made the samples, such as a tokenizer, to be saved with the model
   * @param manager of the trainer, for what is made while reading
   */
  public RunCheckpoints(
      TrainingArguments args,
      TrainableModel model,
      @Nullable ProcessingClass processing,
      NDManager manager,
      ProcessGroup processes,
      ParallelStrategy strategy,
      CallbackDispatcher callbacks,
      RunState state,
      RunLog log) {
    this.args = args;
    this.model = model;
    this.manager = manager;
    this.processes = processes;
    this.strategy = strategy;
    ranks = new RankWork(processes, processes.isMain(args.saveOnEachNode()));
    this.callbacks = callbacks;
    this.state = state;
    this.log = log;
    modelFolder = new ModelFolder(model, processing, args.maxShardBytes());
    store = new CheckpointStore(args.outputDir());
    output = new OutputFolder(args.outputDir(), store, log);
    best = new BestCheckpoint(args.outputDir(), store);
    resume = new Resume(args, model, manager, strategy, callbacks, store, best, log);
    saver = new CheckpointSaver(args, model, modelFolder, callbacks, store);
    joint = new JointSave(args, strategy, ranks, saver);
  }

  /** Refuses a file where the output folder is to be; before anything that takes time. */
  public void requireFolder() {
    output.requireFolder();
  }

  /** Makes the session of a run, from nothing or from where a checkpoint left off. */
  public TrainingSession open(ResumeRequest from, TrainingPlan plan, SessionStart sessions) {
    try {
      Path folder = start(from);
      if (folder == null && writes()) {
        output.warnOfEarlierRun();
      }
      TrainingSession opened =
          folder == null
              ? sessions.create(plan, TrainerState.initial(), RunBefore.none())
              : resume.session(folder, plan, sessions, from.changesAllowed());
      requireOneLender(opened);
      trained = opened.trained();
      return opened;
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  private void requireOneLender(TrainingSession opened) {
    if (opened.optimizer().hasEvaluationWeights() && callbacks.hasEvaluationWeights()) {
      opened.close();
      throw new IllegalArgumentException(
          "the optimizer averages the weights for evaluations and saved models, and so does a callback,"
              + " such as EmaCallback; remove the callback, or choose another optim");
    }
  }

  /** Takes the output folder and finds where to resume from: rank 0 for all. */
  private @Nullable Path start(ResumeRequest from) throws IOException {
    if (processes.worldSize() == 1) {
      return take(from);
    }
    AtomicReference<@Nullable Path> own = new AtomicReference<>();
    ranks.onMain(() -> own.set(take(from)));
    String chosen = ranks.asMainSays(Objects.toString(own.get(), ""));
    Path folder = chosen.isEmpty() ? null : Path.of(chosen);
    ranks.onEach(() -> requireSeen(folder));
    return folder;
  }

  private static void requireSeen(@Nullable Path folder) {
    if (folder != null && !Files.isDirectory(folder)) {
      throw new IllegalStateException(
          "there is no checkpoint folder "
              + folder
              + ", from which rank 0 resumes; give all ranks the same outputDir, on a disk they share");
    }
  }

  private @Nullable Path take(ResumeRequest from) throws IOException {
    if (writes() || from.readsOutputDir() || restarted.isOne()) {
      output.own();
    }
    Optional<Path> own = restarted.newest(store);
    return own.isPresent() ? own.get() : resume.resolve(from);
  }

  private boolean writes() {
    return args.savesRegularly() || args.enableJitCheckpoint() || args.savesBest();
  }

  /** Writes {@code checkpoint-N}; with {@code asyncSave} it is on its way when this returns. */
  public void save(TrainingSession session) {
    await(); // What it tells must stand: rotation after this save may drop it.
    best.note(session.progress());
    if (strategy.savesTogether()) {
      joint.save(session, output::own);
      return;
    }
    ranks.onMain(
        () -> {
          output.own();
          saver.save(session);
        });
  }

  /** Throws what a save in the background has failed with, on all ranks. */
  public void check() {
    if (args.asyncSave()) {
      ranks.onMain(saver::check);
    }
    tellCommitted();
  }

  /** Waits for the save in the background; if it failed, all ranks do. */
  public void await() {
    ranks.onMain(saver::await);
    tellCommitted();
  }

  /** Waits until nothing is being written by this rank. */
  public void awaitWritten() {
    saver.await();
  }

  /** Waits until weights and optimizer state may change. */
  public void awaitCopied() {
    saver.awaitCopied();
  }

  /** Puts the weights for evaluations into the model until closed, if the optimizer or a callback has such. */
  public CallbackDispatcher.Lent lendWeights() {
    awaitCopied();
    FollowingOptimizer lender = trained;
    if (lender != null && lender.get().hasEvaluationWeights()) {
      lender.lendWeights();
      return lender::giveWeightsBack;
    }
    return callbacks.lendWeights();
  }

  /** Tells callbacks of the checkpoints that stand now and did not when they were last told. */
  public void tellCommitted() {
    for (Path folder : saver.drainCommitted()) {
      callbacks.onCheckpointCommitted(state.snapshot(), folder);
    }
  }

  /** Loads the weights that earned the best metric. */
  public void loadBest(TrainingProgress progress) {
    Long step = progress.bestGlobalStep();
    if (step == null) {
      if (progress.bestMetric() == null) {
        log.warn("loadBestModelAtEnd: no evaluation took place, the model stays as it is");
      } else {
        log.warn(
            "loadBestModelAtEnd: in no evaluation {} was a finite number, so none is the best; the model"
                + " has the weights of the last update. Look at the metric, or at the loss before it",
            args.resolvedMetricForBestModel());
      }
      return;
    }
    await();
    Path folder = best.folder(progress, step);
    if (!Files.isDirectory(folder)) {
      throw new IllegalStateException(
          "loadBestModelAtEnd: the checkpoint of the best model, "
              + folder
              + ", was deleted during the run; the model has the weights of the last update");
    }
    try {
      log.info(
          "Loading best model from {} ({} {})",
          folder,
          args.resolvedMetricForBestModel(),
          String.format(Locale.ROOT, "%.4g", progress.bestMetric()));
      CheckpointFiles files = new CheckpointFiles(folder);
      strategy.readModel(model, files);
      CallbackTensors.restore(callbacks, files, manager);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /**
   * Drops all checkpoints but the best of a run that is over and keeps one: with a limit of one the newest
   * stood beside it, to go on from.
   */
  public void keepBestAlone(TrainingProgress progress) {
    Long step = progress.bestGlobalStep();
    if (step == null || args.saveTotalLimit().orElse(0) != 1) {
      return;
    }
    await();
    processes.barrier(); // All have read what they need.
    ranks.onMain(
        () -> {
          Path folder = best.folder(progress, step);
          if (folder.equals(best.own(step)) && Files.isDirectory(folder)) {
            try {
              store.keepOnly(step, args.saveKeepEvery().orElse(0));
            } catch (IOException e) {
              throw new UncheckedIOException(e.getMessage(), e);
            }
          }
        });
  }

  /**
   * Writes the model, and what belongs beside it, into {@code folder}.
   *
   * @throws IOException if a file cannot be written
   */
  public void saveModel(Path folder) throws IOException {
    // Lent on all ranks: each may have a part of the weights for evaluations.
    try (CallbackDispatcher.Lent weights = lendWeights()) {
      if (strategy.savesTogether()) {
        ranks.onMain(
            () -> {
              Files.createDirectories(folder);
              modelFolder.writeExtras(folder);
            });
        ranks.onEach(
            () ->
                strategy.writeModel(
                    model, new CheckpointFiles(folder), modelFolder.maxShardBytes(), true));
      } else if (processes.worldSize() == 1) {
        writeModel(folder);
      } else {
        ranks.onMain(() -> writeModel(folder));
      }
    }
  }

  private void writeModel(Path folder) throws IOException {
    Files.createDirectories(folder);
    modelFolder.write(folder);
  }

  /** Waits for the save in the background, and gives the output folder back. */
  @Override
  public void close() {
    trained = null;
    try {
      saver.close();
    } finally {
      output.close();
    }
  }
}
