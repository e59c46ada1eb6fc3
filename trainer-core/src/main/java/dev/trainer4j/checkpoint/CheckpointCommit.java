// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import dev.trainer4j.checkpoint.CheckpointName.Stage;
import dev.trainer4j.file.FolderTree;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One checkpoint on its way to disk: write, sync, manifest, rename.
 *
 * <p>The rename is the commit. Before it there is no checkpoint of that step, or the one that was
 * there; a crash leaves a transient folder for {@link Leftovers}.
 */
final class CheckpointCommit {
  private static final Logger LOGGER = LoggerFactory.getLogger(CheckpointCommit.class);

  private final Path outputDir;
  private final long step;
  private final Path target;
  private final Path temporary;

  /** What is being done and with which file, for the message of a failure. */
  private String doing = "creating the folder";

  CheckpointCommit(Path outputDir, long step) {
    this.outputDir = outputDir;
    this.step = step;
    this.target = outputDir.resolve(CheckpointName.committed(step));
    this.temporary = CheckpointName.newTransient(outputDir, step, Stage.TMP);
  }

  /** Creates the folder and writes into it; what was written stays for {@link #finish}. */
  void begin(CheckpointContents contents) throws CheckpointException {
    attempt(
        () -> {
          Files.createDirectories(outputDir);
          requireFolderOrNothing();
          Files.createDirectory(temporary);
          doing = "writing its files";
          write(contents);
        });
  }

  /** Writes the rest and commits. */
  Path finish(CheckpointContents contents) throws CheckpointException {
    attempt(
        () -> {
          write(contents);
          seal();
          rename();
        });
    return target;
  }

  /** Where files are written until the commit. */
  Path folder() {
    return temporary;
  }

  /** Removes what was written. */
  void abandon() {
    discard(temporary);
  }

  private void attempt(Part part) throws CheckpointException {
    boolean done = false;
    try {
      part.run();
      done = true;
    } catch (IOException e) {
      throw CommitFailure.describe(target, doing, e);
    } finally {
      if (!done) {
        abandon();
      }
    }
  }

  @FunctionalInterface
  private interface Part {
    void run() throws IOException;
  }

  private void write(CheckpointContents contents) throws IOException {
    try {
      contents.writeTo(temporary);
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      // A full disk is reported without the file that did not fit: it is the last one touched.
      doing += newestFile().map(name -> ", last " + name + ",").orElse("");
      throw e;
    }
  }

  private Optional<String> newestFile() throws IOException {
    Path newest = null;
    FileTime time = FileTime.fromMillis(Long.MIN_VALUE);
    for (Path file : FolderTree.of(temporary).files()) {
      FileTime modified = Files.getLastModifiedTime(file);
      if (modified.compareTo(time) >= 0) {
        newest = file;
        time = modified;
      }
    }
    return Optional.ofNullable(newest).map(file -> temporary.relativize(file).toString());
  }

  private void requireFolderOrNothing() throws IOException {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)
        && !Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(
          target.toString(), null, "is in the way and is not a folder; move it away");
    }
  }

  /** Syncs everything, then writes down what everything is. */
  private void seal() throws IOException {
    FolderTree tree = FolderTree.of(temporary);
    if (!tree.others().isEmpty()) {
      throw new FileSystemException(
          tree.others().get(0).toString(), null, "a checkpoint cannot hold links or devices");
    }
    if (tree.files().isEmpty()) {
      throw new FileSystemException(temporary.toString(), null, "no file was written");
    }
    List<Manifest.Entry> entries = new ArrayList<>();
    for (Path file : tree.files()) {
      String name = temporary.relativize(file).toString().replace('\\', '/');
      doing = "syncing " + name;
      Durable.syncFile(file);
      // Hashing while writing would save this pass, but would ask every writer to take part. What
      // was just written is in the page cache: the cost is that of SHA-256, not of the disk.
      entries.add(new Manifest.Entry(name, Files.size(file), Durable.sha256(file)));
    }
    for (Path folder : tree.folders()) {
      Durable.syncFolder(folder);
    }
    doing = "writing " + Manifest.FILE_NAME;
    Manifest manifest = new Manifest(Manifest.libraryVersion(getClass()), step, entries);
    Durable.write(temporary.resolve(Manifest.FILE_NAME), manifest.toJson());
    Durable.syncFolder(temporary);
  }

  private void rename() throws IOException {
    doing = "renaming the finished folder";
    if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      Durable.syncFolder(outputDir);
      return;
    }
    // No portable call swaps two folders. Between the two renames the old one waits under a name
    // from which the next start restores it.
    Path old = CheckpointName.newTransient(outputDir, step, Stage.OLD);
    Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
    try {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      restore(old, e);
      throw e;
    }
    Durable.syncFolder(outputDir);
    discard(old);
  }

  private void restore(Path old, IOException failure) {
    try {
      Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      failure.addSuppressed(e); // The next start restores it.
    }
  }

  /** Never in the way of the outcome: what stays is removed at the next start. */
  private static void discard(Path folder) {
    try {
      if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
        FolderTree.delete(folder);
      }
    } catch (IOException e) {
      LOGGER.warn("Cannot remove {}: {}", folder, e.toString());
    }
  }
}
