// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.Closeable;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads the lines of a text file as {@code BufferedReader} does, but none of any length. */
final class LineReader implements Closeable {

  private final Path file;
  private final Reader reader;
  private final char[] buffer = new char[1 << 13];
  private int position;
  private int end;
  private boolean skipsLineFeed;
  private long line;

  LineReader(Path file, Reader reader) {
    this.file = file;
    this.reader = reader;
  }

  static LineReader open(Path file) throws IOException {
    return new LineReader(file, Utf8File.open(file));
  }

  /** Returns the number of the line read last, from 1 on. */
  long line() {
    return line;
  }

  /** Reads a line without its end; null behind the last. */
  @Nullable String read() throws IOException {
    StringBuilder text = null;
    while (true) {
      if (position == end && !fill()) {
        return text == null ? null : text.toString();
      }
      if (text == null) {
        if (skipsLineFeed && buffer[position] == '\n') {
          skipsLineFeed = false;
          position++;
          continue;
        }
        skipsLineFeed = false;
        text = new StringBuilder();
        line++;
      }
      int start = position;
      while (position < end && buffer[position] != '\n' && buffer[position] != '\r') {
        position++;
      }
      if (text.length() + position - start > LongLine.MAX_LENGTH) {
        throw LongLine.in(file, line);
      }
      text.append(buffer, start, position - start);
      if (position < end) {
        skipsLineFeed = buffer[position++] == '\r';
        return text.toString();
      }
    }
  }

  private boolean fill() throws IOException {
    position = 0;
    end = Math.max(0, reader.read(buffer));
    return end > 0;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
