// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import dev.trainer4j.checkpoint.Checkpoint;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.checkpoint.OutputDirLock;
import dev.trainer4j.report.RunLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The folder of a run's checkpoints, which belongs to one run at a time. */
final class OutputFolder implements AutoCloseable {

  private final Path path;
  private final CheckpointStore store;
  private final RunLog log;
  private @Nullable OutputDirLock lock;

  OutputFolder(Path path, CheckpointStore store, RunLog log) {
    this.path = path;
    this.store = store;
    this.log = log;
  }

  Path path() {
    return path;
  }

  /** A file in the way would show only at the first save, hours later. */
  void requireFolder() {
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw new IllegalArgumentException(
          "outputDir " + path + " is not a folder; name a folder, or one that does not exist yet");
    }
  }

  /** Takes the folder for this run alone, and clears what a crash left in it. */
  void own() throws IOException {
    if (lock == null) {
      lock = acquire();
      store.cleanLeftovers();
    }
  }

  private OutputDirLock acquire() throws IOException {
    try {
      return OutputDirLock.acquire(path);
    } catch (FileSystemException e) {
      throw new IllegalArgumentException(
          "outputDir "
              + path
              + " cannot be created or written to: "
              + e.getFile()
              + ": "
              + (e.getReason() == null ? e.getClass().getSimpleName() : e.getReason())
              + ". Choose another outputDir, or make this one writable",
          e);
    }
  }

  /** Folders tell steps, not runs: a longer earlier run would hide this one's checkpoints. */
  void warnOfEarlierRun() throws IOException {
    List<Checkpoint> earlier = store.list();
    if (!earlier.isEmpty()) {
      log.warn(
          "outputDir {} already holds {} of an earlier run, which ResumeFrom.latest() would take"
              + " before this run's checkpoints of fewer steps; choose another folder, delete the"
              + " old checkpoints, or resume",
          path,
          earlier.get(earlier.size() - 1).path().getFileName());
    }
  }

  /** Gives the folder back. */
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
}
