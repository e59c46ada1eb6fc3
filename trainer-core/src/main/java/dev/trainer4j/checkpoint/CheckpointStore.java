// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import dev.trainer4j.checkpoint.CheckpointName.Stage;
import dev.trainer4j.file.FolderTree;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one output folder: {@code outputDir/checkpoint-<step>}.
 *
 * <p>A checkpoint is committed or it does not exist. Its files are written into a hidden sibling
 * and synced to disk, a manifest with their sizes and SHA-256 comes last, and one atomic rename
 * gives the folder its name. Whatever the instant of a crash or a power failure, every folder of
 * that name is whole, and the earlier ones still stand.
 *
 * <p>Who writes holds the {@link OutputDirLock} of the folder. The methods may be called from
 * several threads; those that write take turns.
 */
public final class CheckpointStore {
  private static final Logger LOGGER = LoggerFactory.getLogger(CheckpointStore.class);

  private final Path outputDir;
  private OptionalLong lastCommitted = OptionalLong.empty();

  /**
   * Looks after a folder; nothing is read or created yet.
   *
   * @param outputDir need not exist
   */
  public CheckpointStore(Path outputDir) {
    this.outputDir = outputDir;
  }

  /**
   * Saves a checkpoint. One that this step already has, as when a resumed run reaches it again, is
   * replaced once the new one is complete.
   *
   * @param step the number of optimizer updates done, from 0
   * @param contents writes the files
   * @return the folder
   * @throws CheckpointException if a file cannot be written, saying which and what to do; then what
   *     was written is removed, and earlier checkpoints stand
   */
  public synchronized Path commit(long step, CheckpointContents contents)
      throws CheckpointException {
    try (PendingCheckpoint pending = begin(step, contents)) {
      return pending.commit(folder -> {});
    }
  }

  /**
   * Starts a checkpoint that is written in two parts, as when another thread writes what is large.
   *
   * @param step the number of optimizer updates done, from 0
   * @param contents writes the first files
   * @return what commits it; until then, whatever happens, there is no such checkpoint
   * @throws CheckpointException as {@link #commit}
   */
  public synchronized PendingCheckpoint begin(long step, CheckpointContents contents)
      throws CheckpointException {
    if (step < 0) {
      throw new IllegalArgumentException("step is " + step + ", must be 0 or more");
    }
    CheckpointCommit commit = new CheckpointCommit(outputDir, step);
    commit.begin(contents);
    return new PendingCheckpoint(this, step, commit);
  }

  /**
   * Says why a checkpoint could not be written, and what to do, where another than {@link PendingCheckpoint} writes a
   * part of it.
   *
   * @param doing what failed
   */
  public CheckpointException failure(long step, String doing, IOException cause) {
    return CommitFailure.describe(outputDir.resolve(CheckpointName.committed(step)), doing, cause);
  }

  synchronized Path finish(long step, CheckpointCommit commit, CheckpointContents rest)
      throws CheckpointException {
    Path folder = commit.finish(rest);
    lastCommitted = OptionalLong.of(step);
    return folder;
  }

  /**
   * Lists the folders named as checkpoints, whole or not. Links to folders are not listed.
   *
   * @return by step, ascending; empty if the output folder does not exist
   * @throws IOException if the output folder cannot be read
   */
  public List<Checkpoint> list() throws IOException {
    List<Checkpoint> checkpoints = new ArrayList<>();
    if (!Files.isDirectory(outputDir)) {
      return checkpoints;
    }
    try (DirectoryStream<Path> children = Files.newDirectoryStream(outputDir)) {
      for (Path child : children) {
        OptionalLong step = CheckpointName.stepOf(child);
        if (step.isPresent() && Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
          checkpoints.add(new Checkpoint(step.getAsLong(), child));
        }
      }
    }
    checkpoints.sort(Comparator.comparingLong(Checkpoint::step));
    return checkpoints;
  }

  /**
   * Checks a folder against its manifest, reading every byte: one or two seconds per gigabyte. Files
   * that the manifest does not list are allowed, symbolic links are not.
   *
   * @param folder any folder, also one outside of the output folder
   * @return what is wrong with it; a folder that cannot be read is a finding, not an exception
   */
  public CheckpointVerification verify(Path folder) {
    return CheckpointVerifier.verify(folder);
  }

  /**
   * Checks a folder against the names and sizes of its manifest, as {@link #verify}, and reads no file that
   * it lists: what was cut short or lost is found, and what was changed in its place is not.
   *
   * @param folder any folder, also one outside of the output folder
   * @return what is wrong with it
   */
  public CheckpointVerification verifySizes(Path folder) {
    return CheckpointVerifier.verify(folder, false);
  }

  /**
   * Finds the newest checkpoint that is whole. Newer ones that are not are named in a warning each
   * and skipped. Call {@link #cleanLeftovers} first: a crash may have left the newest one aside.
   *
   * @return empty if no checkpoint is whole
   * @throws IOException if the output folder cannot be read
   */
  public Optional<Path> latestValid() throws IOException {
    return latestValid(list());
  }

  /**
   * Finds the newest checkpoint that is whole among those that were committed since a time, by the clock
   * of the file system.
   *
   * @return empty if there is none
   * @throws IOException if the output folder cannot be read
   */
  public Optional<Path> latestValidSince(Instant begin) throws IOException {
    List<Checkpoint> since = new ArrayList<>();
    for (Checkpoint checkpoint : list()) {
      Path manifest = checkpoint.path().resolve(Manifest.FILE_NAME);
      if (Files.exists(manifest)
          && !Files.getLastModifiedTime(manifest).toInstant().isBefore(begin)) {
        since.add(checkpoint);
      }
    }
    return latestValid(since);
  }

  private Optional<Path> latestValid(List<Checkpoint> checkpoints) {
    for (int i = checkpoints.size() - 1; i >= 0; i--) {
      Path folder = checkpoints.get(i).path();
      CheckpointVerification verification = verify(folder);
      if (verification.isValid()) {
        return Optional.of(folder);
      }
      LOGGER.warn("Skipping {}: {}.", folder, verification.summary());
    }
    return Optional.empty();
  }

  /**
   * Removes what crashed runs left behind, and restores a checkpoint whose replacement a crash cut
   * short. Touches only names that this class gives. To be called at the start of a run, under the
   * lock: to another run that is saving, its work in progress would look the same.
   *
   * @throws IOException if a folder cannot be read, renamed or deleted
   */
  public synchronized void cleanLeftovers() throws IOException {
    Leftovers.clean(outputDir);
  }

  /**
   * Deletes the oldest checkpoints, by step, until {@code keepLast} remain; or as many as are
   * protected, if those are more. The newest is always protected, and so is the last one committed
   * here: in an output folder that holds a longer run's checkpoints it is not the newest.
   *
   * @param keepLast how many to keep; 0 or less keeps all
   * @param protectedSteps never deleted, such as that of the best model
   * @return those deleted
   * @throws IOException if a folder cannot be deleted; its name is gone by then, or it is untouched
   */
  public synchronized List<Checkpoint> rotate(int keepLast, Set<Long> protectedSteps)
      throws IOException {
    return rotate(keepLast, 0, protectedSteps);
  }

  /**
   * As {@link #rotate(int, Set)}, and never deletes a checkpoint whose step is a multiple of {@code
   * keepEvery}. Such ones do not count, unless they are among the last {@code keepLast}.
   *
   * @param keepLast how many to keep; 0 or less keeps all
   * @param keepEvery 0 for no such rule
   * @param protectedSteps never deleted, such as that of the best model
   * @return those deleted
   * @throws IOException if a folder cannot be deleted; its name is gone by then, or it is untouched
   */
  public synchronized List<Checkpoint> rotate(int keepLast, int keepEvery, Set<Long> protectedSteps)
      throws IOException {
    List<Checkpoint> checkpoints = list();
    List<Checkpoint> deleted = new ArrayList<>();
    if (keepLast <= 0 || checkpoints.isEmpty()) {
      return deleted;
    }
    Set<Long> kept = new HashSet<>(protectedSteps);
    kept.add(checkpoints.get(checkpoints.size() - 1).step());
    lastCommitted.ifPresent(kept::add);
    if (checkpoints.size() > keepLast) {
      checkpoints
          .subList(0, checkpoints.size() - keepLast)
          .removeIf(checkpoint -> isMultiple(checkpoint.step(), keepEvery));
    }
    int excess = checkpoints.size() - keepLast;
    for (Checkpoint checkpoint : checkpoints) {
      if (deleted.size() < excess && !kept.contains(checkpoint.step())) {
        delete(checkpoint);
        deleted.add(checkpoint);
      }
    }
    return deleted;
  }

  /**
   * Deletes every checkpoint but that of {@code step} and the multiples of {@code keepEvery}, as at
   * the end of a run that keeps one.
   *
   * @param keepEvery 0 for no such rule
   */
  public synchronized void keepOnly(long step, int keepEvery) throws IOException {
    for (Checkpoint checkpoint : list()) {
      if (checkpoint.step() != step && !isMultiple(checkpoint.step(), keepEvery)) {
        delete(checkpoint);
      }
    }
  }

  private static boolean isMultiple(long step, int of) {
    return of > 0 && step % of == 0;
  }

  /** Takes the name away first: a folder that is half deleted must not be found as a checkpoint. */
  private void delete(Checkpoint checkpoint) throws IOException {
    Path trash = CheckpointName.newTransient(outputDir, checkpoint.step(), Stage.TRASH);
    Files.move(checkpoint.path(), trash, StandardCopyOption.ATOMIC_MOVE);
    FolderTree.delete(trash);
    LOGGER.info("Deleted {}: a newer checkpoint stands.", checkpoint.path());
  }
}
