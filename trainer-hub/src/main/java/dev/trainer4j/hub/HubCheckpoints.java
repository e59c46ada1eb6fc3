// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.checkpoint.CheckpointVerification;
import dev.trainer4j.file.FolderTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Checkpoints that a run pushed, back in an output folder. */
final class HubCheckpoints {
  private static final JsonMapper JSON = new JsonMapper();

  private HubCheckpoints() {}

  /**
   * Downloads a checkpoint into an output folder, whole and verified.
   *
   * @param folderInRepo such as {@code last-checkpoint}
   * @return {@code outputDir/checkpoint-N}
   */
  static Path fetch(
      HubClient client, HubRepo repo, String revision, String folderInRepo, Path outputDir)
      throws IOException {
    HubFileName.check(folderInRepo);
    Path snapshot;
    try {
      snapshot =
          client.download(SnapshotRequest.of(repo).revision(revision).allow(folderInRepo + "/*"));
    } catch (HubException e) {
      if (e.reason() != HubException.Reason.FILE_NOT_FOUND) {
        throw e;
      }
      throw new HubException(
          HubException.Reason.FILE_NOT_FOUND,
          "'%s' has no %s in revision '%s': a run pushes one with hubStrategy checkpoint"
              .formatted(repo.id(), folderInRepo, revision),
          e);
    }
    Files.createDirectories(outputDir);
    Path draft = Files.createTempDirectory(outputDir, ".hub-fetch-");
    try {
      StagedCheckpoint.link(snapshot.resolve(folderInRepo), draft);
      CheckpointStore store = new CheckpointStore(outputDir);
      CheckpointVerification verification = store.verify(draft);
      if (!verification.isValid()) {
        throw new HubException(
            HubException.Reason.DAMAGED,
            "%s of '%s' is no whole checkpoint of Trainer4J: %s"
                .formatted(folderInRepo, repo.id(), verification.summary()));
      }
      long step =
          JSON.readTree(Files.readAllBytes(draft.resolve("manifest.json"))).path("step").asLong();
      Path target = outputDir.resolve("checkpoint-" + step);
      if (!Files.exists(target)) {
        Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
      } else if (!store.verify(target).isValid()) {
        throw new IOException(
            target
                + " is there and damaged; move it away, so that the one of the Hub can stand there");
      }
      return target;
    } finally {
      if (Files.exists(draft)) {
        FolderTree.delete(draft);
      }
    }
  }
}
