// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts files and folders on disk, past the caches of the operating system, and hashes them. */
final class Durable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Durable.class);
  private static final boolean WINDOWS = File.separatorChar == '\\';
  private static final int BUFFER = 1 << 20;

  private Durable() {}

  /** Syncs the contents and the length of a file. */
  static void syncFile(Path file) throws IOException {
    // Windows syncs through writable handles only; elsewhere a read-only file can be synced too.
    StandardOpenOption option = WINDOWS ? StandardOpenOption.WRITE : StandardOpenOption.READ;
    Uninterrupted.run(() -> force(file, option, LinkOption.NOFOLLOW_LINKS));
  }

  /**
   * Syncs the names in a folder. Windows has no such operation, and some network file systems
   * refuse it. The files themselves are on disk by then, and readers check them against their
   * manifest, so that this is no reason to give up a checkpoint.
   */
  static void syncFolder(Path folder) {
    if (WINDOWS) {
      return;
    }
    try {
      Uninterrupted.run(() -> force(folder, StandardOpenOption.READ));
    } catch (IOException e) {
      LOGGER.warn(
          "Cannot sync the folder {} to disk ({}); a power failure may lose its newest checkpoint.",
          folder,
          e.toString());
    }
  }

  private static void force(Path path, OpenOption... options) throws IOException {
    try (FileChannel channel = FileChannel.open(path, options)) {
      channel.force(true);
    }
  }

  static void write(Path file, byte[] bytes) throws IOException {
    Files.write(file, bytes, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    syncFile(file);
  }

  /**
   * Hashes a file by reading it: right after writing it from memory, at one or two seconds per
   * gigabyte.
   */
  static String sha256(Path file) throws IOException {
    return Uninterrupted.get(() -> digest(file));
  }

  private static String digest(Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      while (channel.read(buffer) >= 0) {
        digest.update(buffer.flip());
        buffer.clear();
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
