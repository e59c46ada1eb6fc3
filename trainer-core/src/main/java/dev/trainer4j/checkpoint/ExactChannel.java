// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;

/** Passes bytes on to a file and counts them down against what was announced. */
final class ExactChannel implements WritableByteChannel {
  /** The JDK copies a heap buffer into a direct one of its size before it writes: keep it small. */
  private static final int SLICE = 1 << 20;

  private final FileChannel file;
  private long remaining;

  ExactChannel(FileChannel file) {
    this.file = file;
  }

  void expect(long bytes) {
    remaining = bytes;
  }

  /** What is missing; negative if there was too much. */
  long remaining() {
    return remaining;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    int total = source.remaining();
    int limit = source.limit();
    while (source.position() < limit) {
      source.limit(Math.min(limit, source.position() + SLICE));
      while (source.hasRemaining()) {
        file.write(source);
      }
      source.limit(limit);
    }
    remaining -= total;
    return total;
  }

  @Override
  public boolean isOpen() {
    return file.isOpen();
  }

  /** Does nothing: a source does not own the file. */
  @Override
  public void close() {}
}
