// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a second run out of an output folder while the first one lives.
 *
 * <p>The operating system holds the lock, on the file {@code .trainer4j.lock}, and drops it with
 * the process: the file of a run that was killed is no obstacle, and is never deleted, since
 * whoever deletes a lock file may delete it under a third party. What the file says only serves the
 * message.
 */
public final class OutputDirLock implements AutoCloseable {
  private static final String FILE_NAME = ".trainer4j.lock";

  /** Beyond the text: on Windows a locked region cannot be read, and the text must be. */
  private static final long LOCKED_BYTE = Long.MAX_VALUE - 1;

  private static final int MAX_OWNER_LENGTH = 1000;

  /**
   * The folders that this JVM has locked, and by whom. A lock belongs to the process, and closing
   * <em>any</em> channel on a file drops the locks of the process on it, so the file of a folder in
   * this map must not be opened. State of the JVM has to be kept in the JVM.
   */
  private static final Map<Object, String> HELD = new ConcurrentHashMap<>();

  /** Channels that found the lock taken by another class loader's copy of this class: see above. */
  private static final Map<Object, FileChannel> KEPT_OPEN = new ConcurrentHashMap<>();

  private final Object key;
  private final FileChannel channel;
  private boolean open = true;

  private OutputDirLock(Object key, FileChannel channel) {
    this.key = key;
    this.channel = channel;
  }

  /**
   * Locks a folder.
   *
   * @param outputDir is created if it does not exist
   * @return the lock, to be closed at the end of the run
   * @throws OutputDirLockedException if another run has the folder, in this JVM or another
   * @throws IOException if the lock file cannot be created, or is a symbolic link
   */
  public static OutputDirLock acquire(Path outputDir) throws IOException {
    Files.createDirectories(outputDir);
    Object key = outputDir.toRealPath();
    String owner = describeThisProcess();
    String holder = HELD.putIfAbsent(key, owner);
    if (holder != null) {
      throw new OutputDirLockedException(outputDir, "another run in this JVM: " + holder);
    }
    OutputDirLock lock = null;
    try {
      lock = Uninterrupted.get(() -> lockFile(outputDir, key, owner));
      return lock;
    } finally {
      if (lock == null) {
        HELD.remove(key);
      }
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    return channel.tryLock(LOCKED_BYTE, 1, false);
  }

  private static FileChannel openFile(Path outputDir) throws IOException {
    Path file = outputDir.resolve(FILE_NAME);
    if (Files.isSymbolicLink(file)) {
      throw new FileSystemException(
          file.toString(),
          null,
          "is a symbolic link, which a run does not write through: delete it");
    }
    return FileChannel.open(
        file,
        StandardOpenOption.CREATE,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE,
        LinkOption.NOFOLLOW_LINKS); // It may have become one just now.
  }

  private static OutputDirLock lockFile(Path outputDir, Object key, String owner)
      throws IOException {
    FileChannel earlier = KEPT_OPEN.remove(key);
    FileChannel channel = earlier != null ? earlier : openFile(outputDir);
    boolean keepOpen = false;
    try {
      if (tryLock(channel) == null) {
        throw new OutputDirLockedException(outputDir, readOwner(channel));
      }
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(owner.getBytes(StandardCharsets.UTF_8)), 0);
      keepOpen = true;
      return new OutputDirLock(key, channel);
    } catch (OverlappingFileLockException e) {
      keepOpen = true;
      KEPT_OPEN.put(key, channel);
      throw new OutputDirLockedException(outputDir, "another class loader in this JVM");
    } finally {
      if (!keepOpen) {
        channel.close();
      }
    }
  }

  private static String describeThisProcess() {
    return "process %d on host %s, since %s"
        .formatted(
            ProcessHandle.current().pid(),
            hostName(),
            Instant.now().truncatedTo(ChronoUnit.SECONDS));
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }

  private static String readOwner(FileChannel channel) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(MAX_OWNER_LENGTH);
    channel.read(text, 0);
    String owner = new String(text.array(), 0, text.position(), StandardCharsets.UTF_8);
    return owner.isBlank() ? "another process" : Quoted.of(owner);
  }

  /** Unlocks the folder; does nothing the second time. */
  @Override
  public synchronized void close() throws IOException {
    if (open) {
      open = false;
      try {
        channel.close();
      } finally {
        HELD.remove(key);
      }
    }
  }
}
