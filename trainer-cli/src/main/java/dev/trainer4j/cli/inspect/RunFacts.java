// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.inspect;

import dev.trainer4j.checkpoint.Checkpoint;
import dev.trainer4j.checkpoint.CheckpointStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an output folder: its checkpoints, oldest first.
 *
 * @param folder the output folder
 * @param checkpoints at least one
 */
record RunFacts(Path folder, List<FolderFacts> checkpoints) {

  /** Looks into all checkpoints of a run. */
  static RunFacts read(Path folder, boolean verify) throws IOException {
    List<FolderFacts> checkpoints = new ArrayList<>();
    for (Checkpoint checkpoint : new CheckpointStore(folder).list()) {
      checkpoints.add(FolderFacts.read(checkpoint.path(), FolderKind.CHECKPOINT, verify));
    }
    return new RunFacts(folder, checkpoints);
  }

  /** Returns the newest that is whole, from which a run would go on. */
  Optional<FolderFacts> latest() {
    return checkpoints.stream().filter(FolderFacts::isWhole).reduce((older, newer) -> newer);
  }

  /** Returns whether a checkpoint is the best that the newest whole one knows of. */
  boolean isBest(FolderFacts checkpoint) {
    @Nullable String best =
        latest().flatMap(FolderFacts::state).map(state -> state.bestModelCheckpoint()).orElse(null);
    return best != null && Path.of(best).endsWith(checkpoint.folder().getFileName());
  }
}
