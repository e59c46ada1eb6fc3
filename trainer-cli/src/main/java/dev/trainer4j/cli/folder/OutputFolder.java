// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.folder;

import dev.trainer4j.cli.UsageException;
import dev.trainer4j.cli.inspect.FolderKind;
import dev.trainer4j.file.FolderTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/**
 * A folder that a command makes: written as a sibling and renamed when it is complete, so that it is whole or not there, whatever
 * ends the program.
 */
final class OutputFolder {

  /** Writes what belongs into a folder. */
  @FunctionalInterface
  interface Contents {
    void writeTo(Path folder) throws IOException;
  }

  private final Path folder;
  private final boolean overwrite;

  /**
   * Checks that a folder may be made, before any work is done for it.
   *
   * @param overwrite whether a model, an adapter or a checkpoint of that name may be replaced
   * @param sources what is read meanwhile
   * @throws IOException if it is there and may not be replaced
   */
  OutputFolder(Path folder, boolean overwrite, Path... sources) throws IOException {
    this.folder = folder.toAbsolutePath().normalize();
    this.overwrite = overwrite;
    for (Path source : sources) {
      Path read = source.toAbsolutePath().normalize();
      if (read.startsWith(this.folder) || this.folder.startsWith(read)) {
        throw new UsageException(
            folder + " and " + source + " overlap: give another folder to write into");
      }
    }
    if (Files.exists(this.folder) && !isEmpty()) {
      refuse();
    }
  }

  private boolean isEmpty() throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> children = Files.list(folder)) {
      return children.findAny().isEmpty();
    }
  }

  private void refuse() throws IOException {
    if (!overwrite) {
      throw new UsageException(
          folder + " is there already: give another folder, or --overwrite to replace it");
    }
    FolderKind kind = FolderKind.of(folder);
    if (kind == FolderKind.RUN) {
      throw new IOException(
          folder
              + " holds checkpoints of a run, which --overwrite does not delete: remove it"
              + " yourself, or give another folder");
    }
  }

  /** Makes the folder; on failure nothing is left, and what was there before is as it was. */
  void write(Contents contents) throws IOException {
    Path draft = sibling("tmp");
    try {
      Files.createDirectories(draft);
      contents.writeTo(draft);
      if (!Files.exists(folder)) {
        Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
        return;
      }
      Path old = sibling("old");
      Files.move(folder, old, StandardCopyOption.ATOMIC_MOVE);
      try {
        Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        Files.move(old, folder, StandardCopyOption.ATOMIC_MOVE);
        throw e;
      }
      FolderTree.delete(old);
    } finally {
      if (Files.exists(draft)) {
        FolderTree.delete(draft);
      }
    }
  }

  private Path sibling(String stage) {
    return folder.resolveSibling(
        "." + folder.getFileName() + "." + stage + "-" + ProcessHandle.current().pid());
  }
}
