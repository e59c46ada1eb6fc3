// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.data.DataException;
import dev.trainer4j.data.Dataset;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The rows that tokens are made of.
 *
 * @param rows as users have them
 * @param format what is made of a row before
 */
record RowSource(
    Dataset<? extends Map<String, ?>> rows, Function<Map<String, ?>, Map<String, ?>> format) {

  /** Takes rows as they are. */
  static RowSource of(Dataset<? extends Map<String, ?>> rows) {
    return new RowSource(rows, row -> row);
  }

  /**
   * Reads a row.
   *
   * @throws InvalidRowException if it cannot be read, or formatted
   */
  Map<String, ?> row(long index) {
    Map<String, ?> row;
    try {
      row = rows.get(index);
    } catch (DataException e) {
      throw new InvalidRowException(UnreadableRow.reason(e, rows.origin(index)), e);
    } catch (RuntimeException e) {
      throw new InvalidRowException("cannot be read: " + e, e);
    }
    return formatted(row);
  }

  /**
   * Formats a row.
   *
   * @throws InvalidRowException if it is null or cannot be formatted
   */
  Map<String, ?> formatted(@Nullable Map<String, ?> row) {
    if (row == null) {
      throw new InvalidRowException("is null, expected a map of columns");
    }
    if (row instanceof UnreadableRow unreadable) {
      throw new InvalidRowException(unreadable.reason());
    }
    return format.apply(row);
  }

  /** What a cache is to know a row by. */
  @Nullable Object content(long index) {
    try {
      return row(index);
    } catch (InvalidRowException e) {
      return e.getMessage();
    }
  }
}
