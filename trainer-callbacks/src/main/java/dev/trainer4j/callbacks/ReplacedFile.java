// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that readers see as it was or as it is, never half written. */
final class ReplacedFile {

  private ReplacedFile() {}

  /** Replaces a file that the user has named. */
  static void write(Path file, byte[] bytes) throws IOException {
    Path whole = file.toAbsolutePath();
    Path folder = whole.getParent();
    if (folder == null) {
      throw new IOException(file + " is no file to write into");
    }
    write(folder, String.valueOf(whole.getFileName()), bytes);
  }

  static void write(Path folder, String name, byte[] bytes) throws IOException {
    Files.createDirectories(folder);
    Path target = folder.resolve(name);
    Path fresh = folder.resolve("." + name + ".tmp");
    try {
      Files.write(fresh, bytes);
      try {
        Files.move(fresh, target, ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(fresh, target, REPLACE_EXISTING);
      }
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  /** Refuses what is not the name of a file in a folder. */
  static void requireName(String argument, String name) {
    if (name.isBlank() || !Path.of(name).equals(Path.of(name).getFileName()) || name.equals("..")) {
      throw new IllegalArgumentException(
          argument + " must be the name of a file, without a folder, but is \"" + name + "\"");
    }
  }
}
