// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.checkpoint.CheckpointVerification.Status;
import dev.trainer4j.run.TrainingProgress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the checkpoint of the best model is, also after its output folder was moved. */
final class BestCheckpoint {

  private final Path outputDir;
  private final CheckpointStore store;

  BestCheckpoint(Path outputDir, CheckpointStore store) {
    this.outputDir = outputDir;
    this.store = store;
  }

  /** Notes the folder in the state that is about to be saved, where there is or will be one. */
  void note(TrainingProgress progress) {
    Long best = progress.bestGlobalStep();
    if (best == null) {
      return;
    }
    boolean savedNow = best == progress.globalStep();
    // One that is noted for this step may be in the folder of the run that was resumed.
    if (savedNow || (noted(progress, best) == null && Files.isDirectory(own(best)))) {
      progress.bestCheckpoint(own(best).toString());
    }
  }

  /**
   * Finds the best model of a resumed run.
   *
   * @return false if it is lost
   */
  boolean locate(TrainingProgress progress, Path resumedFrom) {
    Long best = progress.bestGlobalStep();
    if (best == null) {
      return true;
    }
    List<Path> candidates = new ArrayList<>();
    // What stands beside the checkpoint is of the same run, wherever both are now.
    candidates.add(resumedFrom.resolveSibling(name(best)));
    Path noted = noted(progress, best);
    if (noted != null) {
      candidates.add(noted);
    }
    for (Path candidate : candidates) {
      if (Files.isDirectory(candidate) && store.verify(candidate).status() != Status.DAMAGED) {
        progress.bestCheckpoint(candidate.toString());
        return true;
      }
    }
    return false;
  }

  /** The folder to load the best model from; it may have been deleted meanwhile. */
  Path folder(TrainingProgress progress, long best) {
    Path noted = noted(progress, best);
    return noted == null ? own(best) : noted;
  }

  Path own(long step) {
    return outputDir.resolve(name(step));
  }

  private static @Nullable Path noted(TrainingProgress progress, long best) {
    String folder = progress.snapshot().bestModelCheckpoint();
    Path path = folder == null ? null : Path.of(folder);
    return path != null && path.endsWith(name(best)) ? path : null;
  }

  private static String name(long step) {
    return "checkpoint-" + step;
  }
}
