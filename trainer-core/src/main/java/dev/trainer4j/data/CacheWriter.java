// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/**
 * Writes a cache: the rows, then where each ends, then the number of rows, a check sum of all of that,
 * and the mark. It has its name only when it is complete.
 */
final class CacheWriter implements AutoCloseable {

  static final long MARK = 0x54344a4341434831L; // T4JCACH1

  private final Path file;
  private final Path temporary;
  private final CRC32C sum = new CRC32C();
  private final DataOutputStream out;
  private final List<Long> ends = new ArrayList<>();
  private long position;

  CacheWriter(Path file, Path temporary, OutputStream stream) {
    this.file = file;
    this.temporary = temporary;
    out = new DataOutputStream(new CheckedOutputStream(stream, sum));
  }

  static CacheWriter create(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException(file + " is no file");
    }
    Files.createDirectories(folder);
    Path temporary = Files.createTempFile(folder, "map-", ".tmp");
    try {
      return new CacheWriter(
          file, temporary, new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16));
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(temporary);
      throw e;
    }
  }

  void add(byte[] row) throws IOException {
    out.write(row);
    position += row.length;
    ends.add(position);
  }

  void commit() throws IOException {
    for (long end : ends) {
      out.writeLong(end);
    }
    out.writeLong(ends.size());
    out.writeLong(sum.getValue());
    out.writeLong(MARK);
    out.close();
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void close() throws IOException {
    try {
      out.close(); // Writes what is buffered, which a full disk refuses.
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
