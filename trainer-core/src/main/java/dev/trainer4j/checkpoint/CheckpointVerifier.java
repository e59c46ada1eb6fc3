// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import dev.trainer4j.checkpoint.CheckpointVerification.Status;
import dev.trainer4j.file.FolderTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Checks a folder against its manifest: every byte, or names and sizes alone. */
final class CheckpointVerifier {
  private final Path folder;
  private final boolean contents;
  private final List<String> problems = new ArrayList<>();

  private CheckpointVerifier(Path folder, boolean contents) {
    this.folder = folder;
    this.contents = contents;
  }

  static CheckpointVerification verify(Path folder) {
    return verify(folder, true);
  }

  /**
   * Checks a folder.
   *
   * @param contents whether every byte is read, at one or two seconds per gigabyte
   */
  static CheckpointVerification verify(Path folder, boolean contents) {
    CheckpointVerifier verifier = new CheckpointVerifier(folder, contents);
    Status status = verifier.check();
    return new CheckpointVerification(folder, status, verifier.problems);
  }

  private Status check() {
    if (!Files.isDirectory(folder)) {
      problems.add("it is not a folder");
      return Status.DAMAGED;
    }
    if (!Files.exists(folder.resolve(Manifest.FILE_NAME), LinkOption.NOFOLLOW_LINKS)) {
      return withoutManifest();
    }
    try {
      checkFiles(Manifest.read(folder));
    } catch (IOException e) {
      problems.add(e instanceof CheckpointException ? e.getMessage() : "cannot be read: " + e);
    }
    return problems.isEmpty() ? Status.VALID : Status.DAMAGED;
  }

  private Status withoutManifest() {
    if (has("trainer_state.json") && (has("training_args.bin") || has("optimizer.pt"))) {
      problems.add(
          "it was written by Hugging Face's Trainer and has no "
              + Manifest.FILE_NAME
              + "; it can be opened by its path");
      return Status.HUGGING_FACE;
    }
    problems.add("it has no " + Manifest.FILE_NAME);
    return Status.DAMAGED;
  }

  private boolean has(String name) {
    return Files.isRegularFile(folder.resolve(name));
  }

  private void checkFiles(Manifest manifest) throws IOException {
    OptionalLong named = CheckpointName.stepOf(folder);
    if (named.isPresent() && named.getAsLong() != manifest.step()) {
      problems.add("its manifest is that of step " + manifest.step());
    }
    // Also links that no manifest lists: a loader may open a file by its well-known name. The
    // folder
    // itself may be reached through a link; the walk would stop at it.
    Path root = folder.toRealPath();
    for (Path other : FolderTree.of(root).others()) {
      problems.add(
          Quoted.of(root.relativize(other).toString()) + " is a symbolic link or a device");
    }
    for (Manifest.Entry file : manifest.files()) {
      try {
        checkFile(root, file);
      } catch (IOException e) {
        problems.add(Quoted.of(file.name()) + " cannot be read: " + e);
      }
    }
  }

  private void checkFile(Path root, Manifest.Entry entry) throws IOException {
    Path file = root;
    for (String part : entry.name().split("/")) {
      file = file.resolve(part);
      if (Files.isSymbolicLink(file)) {
        return; // Reported by the walk, and not to be followed.
      }
    }
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      problems.add(Quoted.of(entry.name()) + " is missing");
      return;
    }
    long size = Files.size(file);
    if (size != entry.size()) {
      problems.add(
          "%s has %d bytes instead of %d".formatted(Quoted.of(entry.name()), size, entry.size()));
    } else if (contents && !Durable.sha256(file).equals(entry.sha256())) {
      problems.add(Quoted.of(entry.name()) + " has changed: its SHA-256 differs");
    }
  }
}
