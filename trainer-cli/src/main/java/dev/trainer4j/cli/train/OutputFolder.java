// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.checkpoint.Checkpoint;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.file.FolderTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The folder of a run, which may hold another run already: go on with that, begin anew, or refuse. As in Hugging Face's scripts. */
final class OutputFolder {
  private OutputFolder() {}

  /** Where training begins; nothing is changed. */
  static ResumeFrom resume(EarlierRun args, Path folder, Console console) throws IOException {
    String asked = args.resumeFromCheckpoint();
    if (asked != null) {
      boolean newest = List.of("true", "True", "latest").contains(asked);
      if (!newest && !Files.isDirectory(Path.of(asked))) {
        throw new UsageException(
            "resume_from_checkpoint is '"
                + asked
                + "': there is no such folder; 'true' means the newest checkpoint of "
                + folder);
      }
      return newest ? ResumeFrom.latest() : ResumeFrom.path(Path.of(asked));
    }
    if (args.overwriteOutputDir() || isEmpty(folder)) {
      return ResumeFrom.never();
    }
    Optional<Path> latest = new CheckpointStore(folder).latestValid();
    if (latest.isEmpty()) {
      throw new UsageException(
          "output_dir "
              + folder
              + " is not empty, and has no checkpoint to go on from: name another folder, or give"
              + " --overwrite_output_dir");
    }
    console.tell(
        "Goes on from "
            + latest.get()
            + ". Name another output_dir, or give --overwrite_output_dir, to begin anew.");
    return ResumeFrom.latest();
  }

  /** Deletes the checkpoints of the run before, where that was asked for. */
  static void clear(EarlierRun args, Path folder, Console console) throws IOException {
    if (!args.overwriteOutputDir() || !Files.isDirectory(folder)) {
      return;
    }
    for (Checkpoint checkpoint : new CheckpointStore(folder).list()) {
      FolderTree.delete(checkpoint.path());
      console.tell("Deleted " + checkpoint.path() + ".");
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return true;
    }
    if (!Files.isDirectory(folder)) {
      throw new UsageException("output_dir " + folder + " is a file: name a folder");
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }
}
