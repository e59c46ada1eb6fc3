// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.inspect;

import dev.trainer4j.checkpoint.Checkpoint;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.json.JsonFile;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.state.TrainerStateJson;
import java.io.IOException;
import java.nio.file.Files;
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
 * @param state how the run ended, where that is known; else when its latest whole checkpoint was written
 */
record RunFacts(Path folder, List<FolderFacts> checkpoints, Optional<TrainerState> state) {

  /** Looks into all checkpoints of a run. */
  static RunFacts read(Path folder, boolean verify) throws IOException {
    List<FolderFacts> checkpoints = new ArrayList<>();
    for (Checkpoint checkpoint : new CheckpointStore(folder).list()) {
      checkpoints.add(FolderFacts.read(checkpoint.path(), FolderKind.CHECKPOINT, verify));
    }
    return new RunFacts(
        folder,
        checkpoints,
        state(folder).or(() -> latest(checkpoints).flatMap(FolderFacts::state)));
  }

  private static Optional<TrainerState> state(Path folder) {
    try {
      Path file = folder.resolve(FolderKind.TRAINER_STATE);
      return Files.isRegularFile(file)
          ? Optional.of(TrainerStateJson.read(JsonFile.read(file)))
          : Optional.empty();
    } catch (IOException | RuntimeException e) {
      return Optional.empty(); // A checkpoint has the same, as far as it goes.
    }
  }

  /** Returns the newest that is whole, from which a run would go on. */
  Optional<FolderFacts> latest() {
    return latest(checkpoints);
  }

  private static Optional<FolderFacts> latest(List<FolderFacts> checkpoints) {
    return checkpoints.stream().filter(FolderFacts::isWhole).reduce((older, newer) -> newer);
  }

  /** Returns whether a checkpoint is the best that the run knows of. */
  boolean isBest(FolderFacts checkpoint) {
    @Nullable String best = state.map(TrainerState::bestModelCheckpoint).orElse(null);
    return best != null && Path.of(best).endsWith(checkpoint.folder().getFileName());
  }
}
