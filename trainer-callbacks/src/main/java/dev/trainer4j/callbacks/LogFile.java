// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.checkpoint.ReplacedFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A text file that holds the log of one run, a record a line.
 *
 * <p>A record is handed to the operating system in one piece before {@link #append} returns, so a
 * process that is killed leaves whole records behind, and at most one torn one at the end. Nothing
 * is kept open between two records. A file of another run is never overwritten: it is moved aside.
 */
final class LogFile {

  private static final Logger LOGGER = LoggerFactory.getLogger(LogFile.class);
  private static final int LONGEST_FIRST_LINE = 1 << 16;

  private final Path path;

  LogFile(Path path) {
    this.path = path;
  }

  /**
   * Makes {@code text} the content of the file, at once: a reader sees the old content or the new.
   *
   * <p>If the file goes on behind the text, that is what a run wrote after the checkpoint that it
   * now resumes from, and is cut off. If it ends within the text, it lost its tail in a crash. In any
   * other case it belongs to another run.
   */
  void begin(String text) {
    byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
    try {
      Files.createDirectories(path.toAbsolutePath().getParent());
      WriteFailure.requireNoLink(path);
      if (Files.exists(path) && Files.size(path) > 0) {
        byte[] start = start(wanted.length);
        if (wanted.length > 0 && Arrays.equals(start, wanted)) {
          if (Files.size(path) > wanted.length) {
            replace(text);
          }
          return;
        }
        if (!isBeginning(start, wanted)) {
          moveAside();
        }
      }
      // Also where there is nothing to say yet: a folder that cannot be written is found out now.
      replace(text);
    } catch (IOException e) {
      throw WriteFailure.of(path, e);
    }
  }

  /** Whether the whole lines of {@code start} are a part of the text, and there are any. */
  private static boolean isBeginning(byte[] start, byte[] wanted) {
    int whole = start.length;
    while (whole > 0 && start[whole - 1] != '\n') {
      whole--;
    }
    return whole > 0 && whole <= wanted.length && Arrays.equals(start, 0, whole, wanted, 0, whole);
  }

  private byte[] start(int length) throws IOException {
    try (InputStream in = Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS)) {
      return in.readNBytes(length);
    }
  }

  private void moveAside() throws IOException {
    String name = path.getFileName().toString();
    int dot = name.lastIndexOf('.');
    String stem = dot > 0 ? name.substring(0, dot) : name;
    String ending = dot > 0 ? name.substring(dot) : "";
    int number = 1;
    while (Files.exists(
        path.resolveSibling(stem + "." + number + ending), LinkOption.NOFOLLOW_LINKS)) {
      number++;
    }
    Path aside = path.resolveSibling(stem + "." + number + ending);
    Files.move(path, aside);
    LOGGER.info("{} is the log of another run; it is now {}", path, aside.getFileName());
  }

  /** Adds a line. */
  void append(String line) {
    try {
      append(path, (line + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw WriteFailure.of(path, e);
    }
  }

  /**
   * Adds a record to a file in one piece; makes the file if there is none. A link is not followed, and
   * an interrupt, which would close a channel, does not cost a record.
   */
  static void append(Path file, byte[] record) throws IOException {
    try (OutputStream out =
        Files.newOutputStream(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.APPEND,
            LinkOption.NOFOLLOW_LINKS)) {
      out.write(record);
    }
  }

  /** Replaces the content at once. */
  void replace(String text) {
    try {
      ReplacedFile.writeDurably(path, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw WriteFailure.of(path, e);
    }
  }

  boolean exists() {
    return Files.exists(path);
  }

  /** Returns the first line, empty if there is no file or its first line is longer than any of ours. */
  String firstLine() {
    if (!Files.exists(path)) {
      return "";
    }
    try {
      String start = new String(start(LONGEST_FIRST_LINE), StandardCharsets.UTF_8);
      int end = start.indexOf('\n');
      return end < 0 ? "" : start.substring(0, end);
    } catch (IOException e) {
      throw WriteFailure.of(path, e);
    }
  }
}
