// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.checkpoint.CheckpointContents;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.checkpoint.FrozenTensors;
import dev.trainer4j.checkpoint.PendingCheckpoint;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.sharding.ParallelStrategy;
import dev.trainer4j.state.CallbackState;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes a run's checkpoints and drops those that are no longer to be kept.
 *
 * <p>What is small is written at once. The tensors follow, in the training thread or, as a copy, in
 * the background; the files are the same.
 */
final class CheckpointSaver implements AutoCloseable {

  private static final String CONTROL_KEY = "TrainerControl";

  private final TrainingArguments args;
  private final TrainableModel model;
  private final ModelFolder modelFolder;
  private final CallbackDispatcher callbacks;
  private final CheckpointStore store;
  private final BackgroundSave background = new BackgroundSave();
  private final Queue<Path> committed = new ConcurrentLinkedQueue<>();
  private @Nullable SnapshotMemory memory;
  private @Nullable Snapshot copying;

  CheckpointSaver(
      TrainingArguments args,
      TrainableModel model,
      ModelFolder modelFolder,
      CallbackDispatcher callbacks,
      CheckpointStore store) {
    this.args = args;
    this.model = model;
    this.modelFolder = modelFolder;
    this.callbacks = callbacks;
    this.store = store;
  }

  /** Begins a checkpoint with everything but tensors. */
  PendingCheckpoint begin(TrainingSession session) throws IOException {
    return store.begin(session.progress().globalStep(), folder -> writeRecords(session, folder));
  }

  /** Says why a part of a checkpoint could not be written. */
  IOException failure(TrainingSession session, String doing, IOException cause) {
    return store.failure(session.progress().globalStep(), doing, cause);
  }

  /** Writes this rank's part of the model's tensors into a checkpoint that was begun. */
  void writeModel(ParallelStrategy strategy, Path folder) throws IOException {
    strategy.writeModel(model, new CheckpointFiles(folder), modelFolder.maxShardBytes(), false);
  }

  /** Commits a checkpoint into which ranks have written model and optimizer's state, whole or in pieces. */
  void finishJoint(TrainingSession session, PendingCheckpoint pending) throws IOException {
    SavedTensors tensors = new SavedTensors(null, null, callbacks.tensors(), () -> {});
    finish(
        pending,
        () -> tensors,
        kept(session),
        folder -> {
          CheckpointFiles files = new CheckpointFiles(folder);
          files.openModel(model.tensorsFile()).close();
          if (!args.saveOnlyModel()) {
            files.openOptimizer().close();
          }
        });
  }

  private static Set<Long> kept(TrainingSession session) {
    Long best = session.progress().bestGlobalStep();
    return best == null ? Set.of() : Set.of(best);
  }

  void save(TrainingSession session) {
    Set<Long> kept = kept(session);
    try {
      PendingCheckpoint pending = begin(session);
      try {
        if (session.optimizer().hasEvaluationWeights()) {
          session.trained().lendWeights();
          try {
            write(session, pending, kept, true);
          } finally {
            session.trained().giveWeightsBack();
          }
        } else {
          write(session, pending, kept, false);
        }
      } catch (RuntimeException | Error e) {
        pending.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** Writes the tensors, or has them written; {@code lent} ones change as soon as this returns. */
  private void write(
      TrainingSession session, PendingCheckpoint pending, Set<Long> kept, boolean lent)
      throws IOException {
    if (!args.asyncSave()) {
      finish(pending, () -> live(session), kept);
      return;
    }
    Snapshot copy = snapshot(session);
    SavedTensors complete = lent ? copy.complete() : null;
    background.submit(
        "trainer4j-checkpoint-" + session.progress().globalStep(),
        () -> finish(pending, complete == null ? copy::complete : () -> complete, kept));
    copying = copy;
  }

  private Snapshot snapshot(TrainingSession session) {
    background.await(); // The memory still holds the checkpoint before.
    if (memory == null) {
      memory = new SnapshotMemory();
    }
    return new Snapshot(
        model.savedTensors(),
        model::isChangedByForward,
        optimizerState(session),
        callbacks.tensors(),
        memory);
  }

  /** The tensors themselves; to be written before the next update. */
  private SavedTensors live(TrainingSession session) {
    return new SavedTensors(
        model.savedTensors(), optimizerState(session), callbacks.tensors(), () -> {});
  }

  private @Nullable Map<String, NDArray> optimizerState(TrainingSession session) {
    return args.saveOnlyModel() ? null : session.optimizer().state();
  }

  private void finish(PendingCheckpoint pending, Supplier<SavedTensors> tensors, Set<Long> kept)
      throws IOException {
    finish(pending, tensors, kept, folder -> {});
  }

  private void finish(
      PendingCheckpoint pending,
      Supplier<SavedTensors> tensors,
      Set<Long> kept,
      CheckpointContents check)
      throws IOException {
    try (pending) {
      SavedTensors saved = tensors.get();
      Path written =
          pending.commit(
              folder -> {
                saved.write(
                    new CheckpointFiles(folder), model.tensorsFile(), modelFolder.maxShardBytes());
                check.writeTo(folder);
              });
      committed.add(written);
    }
    if (args.saveTotalLimit().isPresent()) {
      store.rotate(args.saveTotalLimit().getAsInt(), args.saveKeepEvery().orElse(0), kept);
    }
  }

  /** Everything but tensors: it says where the run is now, so it cannot wait. */
  private void writeRecords(TrainingSession session, Path folder) throws IOException {
    CheckpointFiles files = new CheckpointFiles(folder);
    modelFolder.writeExtras(folder);
    files.writeArguments(args.toJson());
    if (!args.saveOnlyModel()) {
      files.writeScheduler(session.scheduler().state());
      files.writePosition(
          session
              .progress()
              .resumePoint(
                  args.seed(),
                  args.resolvedDataSeed(),
                  callbacks.control().shouldEpochStop(),
                  session.losses().state())
              .with(
                  session.lossScaler() == null ? null : session.lossScaler().state(),
                  session.threads().count().orElse(null),
                  new FrozenTensors(session.frozenAtStart(), FrozenTensors.of(model))));
    }
    files.writeState(withCallbacks(session.progress().snapshot()));
  }

  private TrainerState withCallbacks(TrainerState state) {
    Map<String, CallbackState> states = new LinkedHashMap<>(callbacks.states());
    states.put(CONTROL_KEY, callbacks.control().state());
    return state.withStatefulCallbacks(states);
  }

  /** Returns the folders committed since the last call, in their order. */
  List<Path> drainCommitted() {
    List<Path> folders = new ArrayList<>();
    for (Path folder = committed.poll(); folder != null; folder = committed.poll()) {
      folders.add(folder);
    }
    return folders;
  }

  /** Throws what a save in the background has failed with. */
  void check() {
    background.check();
  }

  /** Waits for the save in the background. */
  void await() {
    background.await();
  }

  /** Waits until weights and optimizer state may change: a save in the background copies them first. */
  void awaitCopied() {
    if (copying != null) {
      copying.await();
      copying = null;
    }
  }

  @Override
  public void close() {
    try {
      background.close();
    } finally {
      if (memory != null) {
        memory.close();
        memory = null;
      }
    }
  }
}
