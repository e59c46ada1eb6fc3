// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rows of a cache, in a mapped file whose check sum holds. */
final class CacheFile implements Dataset<Map<String, Object>> {

  private static final Logger LOG = LoggerFactory.getLogger(CacheFile.class);
  private static final int TRAILER = 3 * Long.BYTES;

  private final MappedFile file;
  private final long size;
  private final long ends;

  private CacheFile(MappedFile file, long size) {
    this.file = file;
    this.size = size;
    ends = file.size() - TRAILER - size * Long.BYTES;
  }

  /** Opens a cache, if it is there and whole. */
  static Optional<CacheFile> open(Path path) {
    if (!Files.isRegularFile(path)) {
      return Optional.empty();
    }
    try {
      MappedFile file = MappedFile.open(path);
      if (isWhole(file)) {
        return Optional.of(new CacheFile(file, number(file, file.size() - TRAILER)));
      }
      LOG.warn("The cache {} is damaged and made again.", path);
      return Optional.empty();
    } catch (IOException e) {
      throw Utf8File.unreadable(path, e);
    }
  }

  private static boolean isWhole(MappedFile file) {
    if (file.size() < TRAILER || number(file, file.size() - Long.BYTES) != CacheWriter.MARK) {
      return false;
    }
    CRC32C sum = new CRC32C();
    long checked = file.size() - 2L * Long.BYTES;
    for (long at = 0; at < checked; at += 1 << 20) {
      sum.update(file.read(at, (int) Math.min(1 << 20, checked - at)));
    }
    return sum.getValue() == number(file, checked);
  }

  private static long number(MappedFile file, long position) {
    return ByteBuffer.wrap(file.read(position, Long.BYTES)).getLong();
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public Map<String, Object> get(long index) {
    Objects.checkIndex(index, size);
    long start = index == 0 ? 0 : number(file, ends + (index - 1) * Long.BYTES);
    long end = number(file, ends + index * Long.BYTES);
    return RowCodec.decode(file.read(start, Math.toIntExact(end - start)));
  }
}
