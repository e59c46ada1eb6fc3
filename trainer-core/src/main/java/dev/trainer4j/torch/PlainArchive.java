// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript archive as libtorch gets it: without the positions of its sources ({@code .debug_pkl}). They are
 * for messages alone, and libtorch trusts them while it makes one: damaged ones end the JVM.
 *
 * <p>It is a temporary file, or the archive itself if it has no positions.
 */
final class PlainArchive implements AutoCloseable {

  private static final String POSITIONS = ".debug_pkl";

  private final Path file;
  private final boolean copied;

  private PlainArchive(Path file, boolean copied) {
    this.file = file;
    this.copied = copied;
  }

  /**
   * Makes one.
   *
   * @throws IOException that names {@code archive}, if it is none or an entry has another CRC-32 than it says, or if
   *     the copy cannot be written
   */
  static PlainArchive of(Path archive) throws IOException {
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      List<? extends ZipEntry> all = Collections.list(zip.entries());
      List<? extends ZipEntry> kept =
          all.stream().filter(entry -> !hasPositions(entry.getName())).toList();
      if (kept.size() == all.size()) {
        return new PlainArchive(archive, false);
      }
      PlainArchive copy = new PlainArchive(Files.createTempFile("torchscript", ".pt"), true);
      try {
        copy.write(zip, kept);
        return copy;
      } catch (IOException | RuntimeException e) {
        copy.close();
        throw e;
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          archive
              + " cannot be copied without the positions of its sources into "
              + System.getProperty("java.io.tmpdir")
              + ": "
              + e.getMessage(),
          e);
    }
  }

  /** Returns whether an entry holds positions; libtorch finds entries whatever their case. */
  static boolean hasPositions(String entry) {
    return entry.toLowerCase(Locale.ROOT).endsWith(POSITIONS);
  }

  private void write(ZipFile zip, List<? extends ZipEntry> entries) throws IOException {
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
      for (ZipEntry entry : entries) {
        ZipEntry stored = new ZipEntry(entry.getName());
        stored.setMethod(ZipEntry.STORED);
        stored.setSize(entry.getSize());
        stored.setCrc(entry.getCrc());
        out.putNextEntry(stored);
        try (InputStream in = zip.getInputStream(entry)) {
          in.transferTo(out);
        }
        out.closeEntry();
      }
    }
  }

  /** Returns what to load; it is there until this is closed. */
  Path file() {
    return file;
  }

  @Override
  public void close() throws IOException {
    if (copied) {
      Files.deleteIfExists(file);
    }
  }
}
