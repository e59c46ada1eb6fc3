// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import dev.trainer4j.file.GitLfsPointer;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What may be wrong with a file of data before its content matters. */
final class DataFile {

  private DataFile() {}

  /**
   * Refuses a folder: tools that write in parallel make one of the name that they were given, with the
   * files in it.
   */
  static void requireNoFolder(Path file) {
    if (Files.isDirectory(file)) {
      throw new DataException(
          file + " is a folder, but one file is read: name a file in it" + example(file) + ".");
    }
  }

  /** Refuses a file that stands for another one: as text it would be read as a few odd lines. */
  static void requireNoPointer(Path file) throws IOException {
    if (GitLfsPointer.isOne(file)) {
      throw new DataException(file + " " + GitLfsPointer.PROBLEM + ".");
    }
  }

  private static String example(Path folder) {
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(folder, child -> Files.isRegularFile(child) && isVisible(child))) {
      Path first = null;
      for (Path child : files) {
        if (first == null || child.compareTo(first) < 0) {
          first = child;
        }
      }
      return first == null ? "; it holds none" : ", such as " + first.getFileName();
    } catch (IOException e) {
      return "";
    }
  }

  /** Names that begin so are check sums and marks. */
  private static boolean isVisible(Path file) {
    String name = file.getFileName().toString();
    return !name.startsWith(".") && !name.startsWith("_");
  }

  /** Says why a file cannot be read. */
  static DataException unreadable(Path file, IOException cause) {
    if (cause instanceof NoSuchFileException) {
      return new DataException(file + " does not exist.", cause);
    }
    if (cause instanceof ClosedByInterruptException) {
      return new DataException("Interrupted while reading " + file + ".", cause);
    }
    String reason = cause.getMessage();
    return new DataException(
        file + " cannot be read: " + (reason == null ? cause.toString() : reason), cause);
  }
}
