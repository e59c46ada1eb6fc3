// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.cli.UsageException;
import dev.trainer4j.cli.train.RunData.Rows;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads values of rows, and says which row and column is wrong. */
final class Cells {
  private static final int FEW = 100;

  private Cells() {}

  static String text(Map<String, Object> row, String column) {
    Object value = row.get(column);
    if (value instanceof String text) {
      return text;
    }
    if (value instanceof Number || value instanceof Boolean) {
      return value.toString();
    }
    throw new IllegalArgumentException(
        row.containsKey(column)
            ? "the column '" + column + "' is " + shown(value) + ", expected a text"
            : "there is no column '" + column + "'; there are " + row.keySet());
  }

  static List<String> texts(Map<String, Object> row, String column) {
    Object value = row.get(column);
    if (value instanceof List<?> list) {
      return list.stream().map(String::valueOf).collect(Collectors.toList());
    }
    throw new IllegalArgumentException(
        "the column '" + column + "' is " + shown(value) + ", expected a list of words");
  }

  /** A number, also written as a text; null if it is none. */
  static @Nullable Double number(@Nullable Object value) {
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    try {
      return value instanceof String text ? (Double) Double.parseDouble(text.strip()) : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Puts the place of a row before a message about it. */
  static IllegalArgumentException at(Rows rows, long index, RuntimeException cause) {
    return new IllegalArgumentException(
        rows.rows().origin(index) + ": " + cause.getMessage(), cause);
  }

  /** A row that must have these columns. */
  static String require(Rows rows, String flag, String column) {
    if (!rows.rows().get(0).containsKey(column)) {
      throw new UsageException(
          flag
              + " is '"
              + column
              + "', but the columns of "
              + rows.source()
              + " are "
              + String.join(", ", rows.columns()));
    }
    return column;
  }

  /** Some different values of a column, from the first rows. */
  static Set<Object> sample(Rows rows, String column) {
    Set<Object> values = new LinkedHashSet<>();
    for (long i = 0; i < Math.min(FEW, rows.rows().size()); i++) {
      Object value = rows.rows().get(i).get(column);
      if (value != null) {
        values.add(value);
      }
    }
    return values;
  }

  /** Whether a file has nothing there. */
  static boolean isEmpty(@Nullable Object value) {
    return value == null || (value instanceof String text && text.isBlank());
  }

  static String shown(@Nullable Object value) {
    String text = value instanceof String ? "'" + value + "'" : String.valueOf(value);
    return text.length() > 60 ? text.substring(0, 57) + "..." : text;
  }

  /** Every row of a column. */
  static List<Object> all(Rows rows, String column) {
    List<Object> values = new ArrayList<>();
    for (long i = 0; i < rows.rows().size(); i++) {
      Object value = rows.rows().get(i).get(column);
      if (isEmpty(value)) {
        throw new IllegalArgumentException(
            rows.rows().origin(i) + ": the column '" + column + "' is empty, expected a label");
      }
      values.add(value);
    }
    return values;
  }
}
