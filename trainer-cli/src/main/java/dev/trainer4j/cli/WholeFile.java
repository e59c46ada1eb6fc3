// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Writes a file of results that is there when it is complete, and not before: half a file of answers looks like one. */
public final class WholeFile {
  private WholeFile() {}

  /** What is written. */
  @FunctionalInterface
  public interface Contents {
    /** Prints all of it. */
    void printTo(PrintWriter out) throws IOException;
  }

  /**
   * Refuses a path that cannot become a file, before the work begins.
   *
   * @param flag that names it
   * @throws UsageException if it is a folder, or in none
   */
  public static void check(String flag, Path file) {
    Path parent = file.toAbsolutePath().getParent();
    if (Files.isDirectory(file)) {
      throw new UsageException(flag + ": " + file + " is a folder, expected a file");
    }
    if (parent == null || !Files.isDirectory(parent)) {
      throw new UsageException(flag + ": there is no folder " + parent + " to write into: make it");
    }
  }

  /**
   * Writes under another name first.
   *
   * @throws IOException if the file cannot be written; nothing is left then
   */
  public static void write(Path file, Contents contents) throws IOException {
    Path draft = file.resolveSibling("." + file.getFileName() + ".tmp");
    try {
      try (PrintWriter out =
          new PrintWriter(Files.newBufferedWriter(draft, StandardCharsets.UTF_8))) {
        contents.printTo(out);
        if (out.checkError()) {
          throw new IOException(file + " cannot be written: is the disk full?");
        }
      }
      Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(draft);
    }
  }
}
