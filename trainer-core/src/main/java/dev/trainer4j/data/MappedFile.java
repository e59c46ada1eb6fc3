// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file in memory, in segments because a buffer ends at 2 GiB. Threads may read it at once, and may
 * be interrupted, which would close a channel. The mapping goes with this object.
 */
final class MappedFile {

  private static final long SEGMENT = 1L << 30;

  private final long segment;
  private final long size;
  private final MappedByteBuffer[] segments;

  private MappedFile(long segment, long size, MappedByteBuffer[] segments) {
    this.segment = segment;
    this.size = size;
    this.segments = segments;
  }

  static MappedFile open(Path file) throws IOException {
    return open(file, SEGMENT);
  }

  static MappedFile open(Path file, long segment) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      MappedByteBuffer[] segments =
          new MappedByteBuffer[Math.toIntExact((size + segment - 1) / segment)];
      for (int i = 0; i < segments.length; i++) {
        long start = i * segment;
        segments[i] =
            channel.map(FileChannel.MapMode.READ_ONLY, start, Math.min(segment, size - start));
      }
      return new MappedFile(segment, size, segments);
    }
  }

  long size() {
    return size;
  }

  byte[] read(long position, int count) {
    byte[] bytes = new byte[count];
    int done = 0;
    while (done < count) {
      long at = position + done;
      MappedByteBuffer buffer = segments[(int) (at / segment)];
      int offset = (int) (at % segment);
      int part = Math.min(count - done, buffer.limit() - offset);
      buffer.get(offset, bytes, done, part);
      done += part;
    }
    return bytes;
  }
}
