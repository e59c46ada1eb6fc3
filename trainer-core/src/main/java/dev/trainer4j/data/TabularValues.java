// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The cells of a row as numbers and as categories. */
final class TabularValues {

  /** The category of a cell that is empty. */
  private static final String NOTHING = "";

  private TabularValues() {}

  /** Returns the number of a cell; null if it is empty and may be. */
  static @Nullable Double number(Map<String, ?> row, String column, boolean mayBeMissing) {
    Object cell = cell(row, column);
    if (cell instanceof Boolean flag) {
      return flag ? 1.0 : 0.0;
    }
    if (cell == null || cell.toString().isBlank()) {
      if (mayBeMissing) {
        return null;
      }
      throw new IllegalArgumentException(
          "column '"
              + column
              + "' has no number: fill it in, leave the row out, or have the mean in its place with"
              + " imputeMean().");
    }
    double value;
    try {
      value =
          cell instanceof Number number
              ? number.doubleValue()
              : Double.parseDouble(cell.toString().strip());
    } catch (NumberFormatException e) {
      throw noNumber(column, cell);
    }
    if (!Double.isFinite(value)) {
      throw noNumber(column, cell);
    }
    return value;
  }

  private static IllegalArgumentException noNumber(String column, Object cell) {
    return new IllegalArgumentException(
        "column '" + column + "' has '" + cell + "', expected a finite number such as 3.5.");
  }

  /** Returns the category of a cell; whole numbers are the same as integers and as decimals. */
  static String category(Map<String, ?> row, String column) {
    Object cell = cell(row, column);
    if (cell == null) {
      return NOTHING;
    }
    if (cell instanceof Number number && number.doubleValue() == Math.rint(number.doubleValue())) {
      return Long.toString(number.longValue());
    }
    return cell.toString();
  }

  private static @Nullable Object cell(Map<String, ?> row, String column) {
    if (!row.containsKey(column)) {
      throw new IllegalArgumentException(
          "the row has no column '" + column + "', but " + row.keySet() + ".");
    }
    return row.get(column);
  }
}
