// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes a small file in one step: a reader sees it as it was or as it is, never half written. A symbolic link of its name is replaced
 * by the file, and never followed, since in a shared folder it may be anybody's and lead anywhere. An interrupt does not break it off.
 */
public final class ReplacedFile {
  private ReplacedFile() {}

  /**
   * Replaces a file, or makes it.
   *
   * @param file its folder must exist
   * @param content all of it
   * @throws IOException if it cannot be written; what was there before is left alone
   */
  public static void write(Path file, byte[] content) throws IOException {
    write(file, content, false);
  }

  /**
   * Replaces a file, or makes it, and waits until its content is on disk: a new name does not outlive a power failure that the content
   * does not.
   *
   * @param file its folder must exist
   * @param content all of it
   * @throws IOException if it cannot be written; what was there before is left alone
   */
  public static void writeDurably(Path file, byte[] content) throws IOException {
    write(file, content, true);
  }

  private static void write(Path file, byte[] content, boolean durably) throws IOException {
    Path target = file.toAbsolutePath();
    // One name, so that a process that is killed again and again leaves one draft, not many.
    Path draft = target.resolveSibling("." + target.getFileName() + ".tmp");
    try {
      Files.deleteIfExists(draft);
      Files.write(draft, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      if (durably) {
        Durable.syncFile(draft);
      }
      try {
        Files.move(draft, target, ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(draft, target, REPLACE_EXISTING);
      }
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      throw NamedFailure.of(file, e);
    } finally {
      Files.deleteIfExists(draft);
    }
  }
}
