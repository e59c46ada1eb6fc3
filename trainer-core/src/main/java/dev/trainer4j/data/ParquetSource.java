// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Function;

/** The samples of a Parquet file, one after the other, with the row in every error. */
final class ParquetSource<T> implements PlacedIterator<T>, AutoCloseable {

  private final Path file;
  private final ParquetRows rows;
  private final Function<? super Map<String, Object>, ? extends T> mapper;
  private long row;

  private ParquetSource(
      Path file, ParquetRows rows, Function<? super Map<String, Object>, ? extends T> mapper) {
    this.file = file;
    this.rows = rows;
    this.mapper = mapper;
  }

  static <T> ParquetSource<T> open(
      Path file, Function<? super Map<String, Object>, ? extends T> mapper) {
    DataFile.requireNoFolder(file);
    if (!Files.exists(file)) {
      throw new DataException(file + " does not exist.");
    }
    try {
      DataFile.requireNoPointer(file);
      return new ParquetSource<>(file, ParquetRows.open(file), mapper);
    } catch (NoClassDefFoundError e) {
      throw new DataException(
          "Parquet files need a library that is not there: add the dependency"
              + " blue.strategic.parquet:parquet-floor:2.3 to your build.",
          e);
    } catch (DataException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw damaged(file, "", e);
    }
  }

  @Override
  public boolean hasNext() {
    try {
      return rows.hasNext();
    } catch (LinkageError e) { // parquet-floor leaves out the codecs that need Hadoop
      throw new DataException(
          file
              + ": is compressed in a way that cannot be read without Hadoop, such as gzip or brotli:"
              + " save it again with snappy, zstd or lz4.",
          e);
    } catch (IOException | RuntimeException e) {
      throw damaged(file, ", row " + row, e);
    }
  }

  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException(file + " has no more rows");
    }
    Map<String, Object> values;
    try {
      values = rows.next();
    } catch (RuntimeException e) {
      throw damaged(file, ", row " + row, e);
    }
    try {
      T sample = mapper.apply(values);
      row++;
      return sample;
    } catch (RuntimeException e) {
      throw new DataException(file + ", row " + row + ": the mapper failed: " + e, e);
    }
  }

  @Override
  public String place() {
    return file + ", row " + (row - 1);
  }

  Dataset<T> toDataset() {
    List<T> all = new ArrayList<>();
    forEachRemaining(all::add);
    if (all.isEmpty()) {
      throw new DataException(file + " holds no rows: is it the right file?");
    }
    return new ListDataset<>(all, index -> file + ", row " + index);
  }

  private static DataException damaged(Path file, String place, Exception cause) {
    return new DataException(
        file + place + ": cannot be read as Parquet: " + cause.getMessage(), cause);
  }

  @Override
  public void close() {
    try {
      rows.close();
    } catch (IOException e) {
      throw damaged(file, "", e);
    }
  }
}
