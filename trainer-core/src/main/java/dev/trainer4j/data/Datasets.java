// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Makes datasets of lists and files.
 *
 * <p>Files are UTF-8, with or without a byte order mark. A file that cannot be read, is empty or has
 * a row that does not fit is a {@link DataException} that names the file and the line.
 */
public final class Datasets {

  private Datasets() {}

  /** Returns a dataset with a copy of the list. */
  public static <T> Dataset<T> of(List<? extends T> samples) {
    return new ListDataset<>(List.copyOf(samples));
  }

  /**
   * Reads a CSV file (RFC 4180: commas, double quotes) into memory. Every sample maps the names in
   * the first line, in their order, to text.
   */
  public static Dataset<Map<String, String>> csv(Path file) {
    return csv(file, row -> row);
  }

  /**
   * Reads a CSV file into memory, as {@link #csv(Path)}, and makes a sample of every row at once.
   *
   * @param mapper turns a row into a sample; its exceptions are reported with the line
   */
  public static <T> Dataset<T> csv(
      Path file, Function<? super Map<String, String>, ? extends T> mapper) {
    try (CsvRows<T> rows = CsvRows.open(file, mapper)) {
      return new ListDataset<>(rows.toList());
    }
  }

  /**
   * Reads a JSON Lines file into memory. Every sample is the object of one line; blank lines are
   * skipped.
   */
  public static Dataset<Map<String, Object>> jsonLines(Path file) {
    return jsonLines(file, row -> row);
  }

  /**
   * Reads a JSON Lines file into memory, as {@link #jsonLines(Path)}, and makes a sample of every
   * object at once.
   *
   * @param mapper turns an object into a sample; its exceptions are reported with the line
   */
  public static <T> Dataset<T> jsonLines(
      Path file, Function<? super Map<String, Object>, ? extends T> mapper) {
    try (JsonLinesRows<T> rows = JsonLinesRows.open(file, mapper)) {
      return new ListDataset<>(rows.toList());
    }
  }

  /** Streams a CSV file, read again in every epoch. */
  public static IterableDataset<Map<String, String>> streamCsv(Path file) {
    return streamCsv(file, row -> row);
  }

  /** Streams a CSV file, read again in every epoch, and makes a sample of every row. */
  public static <T> IterableDataset<T> streamCsv(
      Path file, Function<? super Map<String, String>, ? extends T> mapper) {
    return epoch -> CsvRows.open(file, mapper);
  }

  /** Streams a JSON Lines file, read again in every epoch. */
  public static IterableDataset<Map<String, Object>> streamJsonLines(Path file) {
    return streamJsonLines(file, row -> row);
  }

  /** Streams a JSON Lines file, read again in every epoch, and makes a sample of every object. */
  public static <T> IterableDataset<T> streamJsonLines(
      Path file, Function<? super Map<String, Object>, ? extends T> mapper) {
    return epoch -> JsonLinesRows.open(file, mapper);
  }

  private record ListDataset<T>(List<T> samples) implements Dataset<T> {

    @Override
    public long size() {
      return samples.size();
    }

    @Override
    public T get(long index) {
      return samples.get(Math.toIntExact(index));
    }
  }
}
