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
 * a row that does not fit is a {@link DataException} that names the file and the line. So is a row of more
 * than 16,777,216 characters.
 */
public final class Datasets {

  private Datasets() {}

  /** Returns a dataset with a copy of the list. */
  public static <T> Dataset<T> of(List<? extends T> samples) {
    int i = 0;
    for (T sample : samples) {
      if (sample == null) {
        throw new IllegalArgumentException(
            "sample " + i + " of the list is null: leave it out, or put a sample there");
      }
      i++;
    }
    return new ListDataset<>(List.copyOf(samples), index -> "sample " + index);
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
      return rows.toDataset();
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
      return rows.toDataset();
    }
  }

  /**
   * Reads a JSON Lines file into memory, as {@link #jsonLines(Path)}, also where lines are no JSON objects: asking for one of these is the
   * error. For trainers that can leave rows out, as {@code SftTrainer} with {@code InvalidRows.SKIP}.
   */
  public static Dataset<Map<String, Object>> lenientJsonLines(Path file) {
    try (JsonLinesRows<Map<String, Object>> rows = JsonLinesRows.open(file, row -> row)) {
      return LenientRows.of(rows, Map.of());
    }
  }

  /** Reads a text file into memory; every line is a sample, empty ones too. */
  public static Dataset<String> textLines(Path file) {
    try (TextLines<String> lines = TextLines.open(file, line -> line)) {
      return lines.toDataset();
    }
  }

  /**
   * Reads a Parquet file into memory. Every sample maps the names of the columns to text, numbers,
   * booleans, {@code byte[]}, or lists and maps of these; a missing value is null. Dates, times and
   * decimals are the numbers they are stored as.
   *
   * @throws DataException if the file cannot be read, or the library {@code
   *     blue.strategic.parquet:parquet-floor} is not on the class path
   */
  public static Dataset<Map<String, Object>> parquet(Path file) {
    return parquet(file, row -> row);
  }

  /** Reads a Parquet file into memory, as {@link #parquet(Path)}, and makes a sample of every row. */
  public static <T> Dataset<T> parquet(
      Path file, Function<? super Map<String, Object>, ? extends T> mapper) {
    try (ParquetSource<T> rows = ParquetSource.open(file, mapper)) {
      return rows.toDataset();
    }
  }

  /** Streams a Parquet file, read again in every epoch, one row group in memory. */
  public static IterableDataset<Map<String, Object>> streamParquet(Path file) {
    return epoch -> ParquetSource.open(file, row -> row);
  }

  /**
   * Maps a file of token ids into memory and cuts it into blocks for a causal language model; what is
   * left at the end is dropped. The file may be larger than memory and than 2 GiB.
   *
   * @param file ids without a header, as nanoGPT's {@code train.bin}, little endian
   * @param type how an id is stored
   * @param blockSize the ids of a sample
   * @return maps with {@code input_ids} and {@code labels}, the same {@code int[]}; models shift the
   *     labels
   */
  public static Dataset<Map<String, Object>> tokenFile(Path file, TokenType type, int blockSize) {
    return TokenFile.open(file, type, blockSize);
  }

  /**
   * Joins tokenized texts and cuts them into blocks, as the example run_clm of transformers does; what
   * is left at the end is dropped.
   *
   * @param texts the ids of each text, with an end token where the model is to learn to end
   * @param blockSize the ids of a sample
   * @return maps with {@code input_ids} and {@code labels}, the same {@code int[]}
   * @throws IllegalArgumentException if there are fewer ids than one block needs
   */
  public static Dataset<Map<String, Object>> groupTexts(Iterable<int[]> texts, int blockSize) {
    return TokenBlocks.group(texts, blockSize);
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

  /** Streams the lines of a text file, empty ones too, read again in every epoch, and makes a sample of every line. */
  public static <T> IterableDataset<T> streamTextLines(
      Path file, Function<? super String, ? extends T> mapper) {
    return epoch -> TextLines.open(file, mapper);
  }
}
