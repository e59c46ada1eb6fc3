// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import dev.trainer4j.data.ResumableDataset;
import dev.trainer4j.data.ResumableIterator;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

// docs: resumable
/** The lines of an ASCII file; a resumed run seeks to the next one. */
public record Lines(Path file) implements ResumableDataset<String> {
  @Override
  public ResumableIterator<String> iterator(long epoch) {
    return new Cursor(file, 0);
  }

  @Override
  public ResumableIterator<String> resume(long epoch, Map<String, Object> state) {
    Number offset = (Number) Objects.requireNonNull(state.get("offset"), "offset");
    return new Cursor(file, offset.longValue());
  }

  private static final class Cursor implements ResumableIterator<String>, AutoCloseable {
    private final RandomAccessFile input;

    Cursor(Path file, long offset) {
      try {
        input = new RandomAccessFile(file.toFile(), "r");
        input.seek(offset);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public boolean hasNext() {
      try {
        return input.getFilePointer() < input.length();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public String next() {
      try {
        return input.readLine();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public Map<String, Object> state() { // behind the line that next() returned last
      try {
        return Map.of("offset", input.getFilePointer());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() throws IOException {
      input.close();
    }
  }
}
// end docs
