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
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a crash left in an output folder: only folders with this package's own transient names. */
final class Leftovers {
  private static final Logger LOGGER = LoggerFactory.getLogger(Leftovers.class);

  private Leftovers() {}

  static void clean(Path outputDir) throws IOException {
    boolean changed = false;
    for (Path folder : transientFolders(outputDir)) {
      CheckpointName name = CheckpointName.transientOf(folder).orElseThrow();
      Path target = outputDir.resolve(CheckpointName.committed(name.step()));
      // A commit leaves at most one folder set aside without a successor; the loop need not choose.
      if (name.stage() == Stage.OLD && !Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
        Files.move(folder, target, StandardCopyOption.ATOMIC_MOVE);
        LOGGER.warn("Restored {}: a crash had interrupted its replacement.", target);
      } else {
        FolderTree.delete(folder);
        LOGGER.info("Removed {}, left behind by a crash.", folder);
      }
      changed = true;
    }
    if (changed) {
      Durable.syncFolder(outputDir);
    }
  }

  private static List<Path> transientFolders(Path outputDir) throws IOException {
    List<Path> folders = new ArrayList<>();
    if (Files.isDirectory(outputDir)) {
      try (DirectoryStream<Path> children =
          Files.newDirectoryStream(
              outputDir, child -> CheckpointName.transientOf(child).isPresent())) {
        children.forEach(folders::add);
      }
    }
    folders.sort(null);
    return folders;
  }
}
