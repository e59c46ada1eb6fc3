// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;

/** Hands a CSV file to its parser, and stops where a row does not end. */
final class RowReader extends FilterReader {

  private final Path file;
  private long length;
  private long nextRow = 1;

  RowReader(Path file, Reader reader) {
    super(reader);
    this.file = file;
  }

  /**
   * Says that a row was read, so that counting begins anew.
   *
   * @param line on which it ended
   */
  void endRow(long line) {
    length = 0;
    nextRow = line + 1;
  }

  @Override
  public int read() throws IOException {
    int next = super.read();
    if (next >= 0) {
      count(1);
    }
    return next;
  }

  @Override
  public int read(char[] buffer, int offset, int wanted) throws IOException {
    int read = super.read(buffer, offset, wanted);
    count(Math.max(0, read));
    return read;
  }

  private void count(int characters) {
    length += characters;
    if (length > LongLine.MAX_LENGTH) {
      throw LongLine.in(file, nextRow);
    }
  }
}
