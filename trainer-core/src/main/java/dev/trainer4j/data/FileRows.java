// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.LongStream;

/** The samples of a text file, one after the other, with the place in every error. */
abstract class FileRows<R, T> implements OriginIterator<T> {

  private final Path file;
  private final Function<? super R, ? extends T> mapper;
  private Optional<R> ready = Optional.empty();
  private long last;

  FileRows(Path file, Function<? super R, ? extends T> mapper) {
    this.file = file;
    this.mapper = mapper;
  }

  /** Reads the next row, if there is one. */
  abstract Optional<R> read() throws IOException;

  /**
   * Fails if the row read last is none; those behind it can be read.
   *
   * @throws DataException that tells why
   */
  void check() {}

  /** The 1-based line on which the row read last ends. */
  abstract long line();

  /** What messages call a row and its like. */
  String unit() {
    return "rows";
  }

  abstract void closeFile() throws IOException;

  @Override
  public final boolean hasNext() {
    if (ready.isEmpty()) {
      try {
        ready = read();
      } catch (IOException e) {
        throw Utf8File.unreadable(file, e);
      } catch (UncheckedIOException e) {
        throw Utf8File.unreadable(file, Objects.requireNonNull(e.getCause()));
      }
    }
    return ready.isPresent();
  }

  @Override
  public final T next() {
    if (!hasNext()) {
      throw new NoSuchElementException(file + " has no more rows");
    }
    R row = ready.orElseThrow();
    ready = Optional.empty();
    last = line();
    check();
    try {
      return mapper.apply(row);
    } catch (DataException e) {
      throw new DataException(origin() + ": " + e.getMessage(), e);
    } catch (RuntimeException e) {
      throw new DataException(origin() + ": the mapper failed: " + e, e);
    }
  }

  @Override
  public final String origin() {
    return file + ", line " + last;
  }

  final DataException wrong(String what) {
    return new DataException(file + ", line " + line() + ": " + what);
  }

  @Override
  public final void close() {
    try {
      closeFile();
    } catch (IOException e) {
      throw Utf8File.unreadable(file, e);
    }
  }

  /** Reads the rest; a file without any row is an error, as nothing can be learned from it. */
  final Dataset<T> toDataset() {
    List<T> rows = new ArrayList<>();
    LongStream.Builder lines = LongStream.builder();
    while (hasNext()) {
      lines.add(line());
      rows.add(next());
    }
    if (rows.isEmpty()) {
      throw new DataException(file + " holds no " + unit() + ": is it the right file?");
    }
    long[] ends = lines.build().toArray();
    return new ListDataset<>(rows, index -> file + ", line " + ends[Math.toIntExact(index)]);
  }
}
