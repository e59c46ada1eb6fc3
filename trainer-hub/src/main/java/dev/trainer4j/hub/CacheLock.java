// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps two downloads of the same file apart, among the threads of this JVM and its processes. It saves traffic; that nothing is
 * damaged does not hang on it, since a file gets its name when it is whole and checked.
 */
final class CacheLock implements AutoCloseable {

  /** A lock of a file belongs to the process, so threads need one of their own. */
  private static final Map<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

  private final ReentrantLock thread;
  private final @Nullable FileChannel channel;
  private final @Nullable FileLock lock;

  private CacheLock(ReentrantLock thread, @Nullable FileChannel channel, @Nullable FileLock lock) {
    this.thread = thread;
    this.channel = channel;
    this.lock = lock;
  }

  static CacheLock take(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    ReentrantLock thread = THREADS.computeIfAbsent(file, key -> new ReentrantLock());
    try {
      thread.lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for " + file);
    }
    FileChannel channel = null;
    try {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      return new CacheLock(thread, channel, channel.lock());
    } catch (OverlappingFileLockException e) {
      return new CacheLock(thread, channel, null); // Another class loader of this JVM has it.
    } catch (IOException e) {
      if (channel != null) {
        channel.close();
      }
      if (channel != null && !Thread.currentThread().isInterrupted()) {
        return new CacheLock(thread, null, null); // A file system without locks.
      }
      thread.unlock();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    try {
      if (lock != null && lock.isValid()) {
        lock.release();
      }
      if (channel != null) {
        channel.close();
      }
    } finally {
      thread.unlock();
    }
  }
}
