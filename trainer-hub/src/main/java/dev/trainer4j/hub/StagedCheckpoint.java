// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import dev.trainer4j.file.FolderTree;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A checkpoint while it is pushed: the same files under other names, since the run may delete the checkpoint meanwhile. That costs
 * nothing where the file system has hard links, and a copy elsewhere.
 */
record StagedCheckpoint(Path folder) implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(StagedCheckpoint.class);
  private static final String PREFIX = ".hub-push-";

  static StagedCheckpoint of(Path checkpoint, Path outputDir) throws IOException {
    Path folder = Files.createTempDirectory(outputDir, PREFIX);
    StagedCheckpoint staged = new StagedCheckpoint(folder);
    boolean done = false;
    try {
      link(checkpoint, folder);
      done = true;
      return staged;
    } finally {
      if (!done) {
        staged.close();
      }
    }
  }

  /** Gives every file of a folder a second name, through links to files. */
  static void link(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(dir).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Path target = to.resolve(from.relativize(file).toString());
            Path real = file.toRealPath();
            try {
              Files.createLink(target, real);
            } catch (UnsupportedOperationException | IOException e) {
              Files.copy(real, target);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Removes what a run that was killed has left. */
  static void cleanLeftovers(Path outputDir) throws IOException {
    if (!Files.isDirectory(outputDir)) {
      return;
    }
    try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(outputDir, PREFIX + "*")) {
      for (Path folder : leftovers) {
        new StagedCheckpoint(folder).close();
      }
    }
  }

  @Override
  public void close() {
    try {
      FolderTree.delete(folder);
    } catch (IOException e) {
      LOGGER.warn("Cannot remove {}: {}", folder, e.toString());
    }
  }
}
