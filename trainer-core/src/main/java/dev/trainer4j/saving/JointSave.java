// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.checkpoint.PendingCheckpoint;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.sharding.ParallelStrategy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Writes a checkpoint of which every rank has a part. Rank 0 begins and commits it, so there is one when all have
 * written, and none if one could not.
 */
final class JointSave {

  private final TrainingArguments args;
  private final ParallelStrategy strategy;
  private final RankWork ranks;
  private final CheckpointSaver saver;

  JointSave(
      TrainingArguments args, ParallelStrategy strategy, RankWork ranks, CheckpointSaver saver) {
    this.args = args;
    this.strategy = strategy;
    this.ranks = ranks;
    this.saver = saver;
  }

  /**
   * Saves; all ranks fail or none.
   *
   * @param before what rank 0 does first
   */
  void save(TrainingSession session, Agreement.Work before) {
    boolean lends = session.optimizer().hasEvaluationWeights();
    if (lends) {
      session.trained().lendWeights();
    }
    try {
      write(session, before);
    } finally {
      if (lends) {
        session.trained().giveWeightsBack();
      }
    }
  }

  private void write(TrainingSession session, Agreement.Work before) {
    AtomicReference<@Nullable PendingCheckpoint> begun = new AtomicReference<>();
    try {
      ranks.onMain(
          () -> {
            before.run();
            begun.set(saver.begin(session));
          });
      PendingCheckpoint pending = begun.get();
      String there = ranks.asMainSays(pending == null ? "" : pending.folder().toString());
      Path folder = Path.of(there);
      ranks.onEach(() -> requireShared(folder));
      if (!args.saveOnlyModel()) {
        ranks.onEach(() -> writeState(session, folder));
      }
      ranks.onEach(() -> writeModel(session, folder));
      ranks.onMain(() -> saver.finishJoint(session, Objects.requireNonNull(pending)));
    } finally {
      PendingCheckpoint pending = begun.get();
      if (pending != null) {
        pending.close();
      }
    }
  }

  private static void requireShared(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new IllegalStateException(
          "there is no folder "
              + folder
              + ", in which rank 0 has begun a checkpoint: all ranks write into it, so outputDir must be on a"
              + " disk that they share");
    }
  }

  private void writeModel(TrainingSession session, Path folder) throws IOException {
    try {
      saver.writeModel(strategy, folder);
    } catch (IOException e) {
      throw saver.failure(session, "writing the model", e);
    }
  }

  private void writeState(TrainingSession session, Path folder) throws IOException {
    try {
      strategy.writeState(session.optimizer(), new CheckpointFiles(folder));
    } catch (IOException e) {
      throw saver.failure(session, "writing the optimizer's state", e);
    }
  }
}
