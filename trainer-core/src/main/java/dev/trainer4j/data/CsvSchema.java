// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The types of a CSV file's columns: makes numbers of text.
 *
 * <pre>{@code
 * Dataset<Map<String, Object>> rows = Datasets.csv(file,
 *     CsvSchema.builder().decimals("age", "income").integers("label").build());
 * }</pre>
 *
 * <p>Columns that are not named stay text. A cell of blanks in a column of numbers or booleans is null. A column that the
 * file lacks, and a cell that does not fit its type, is an error with the line, the column and the cell.
 */
public final class CsvSchema implements Function<Map<String, String>, Map<String, Object>> {

  private enum Type {
    INTEGER("a whole number such as 3"),
    DECIMAL("a number such as 3.5"),
    BOOLEAN("true or false, or 1 or 0");

    private final String expected;

    Type(String expected) {
      this.expected = expected;
    }

    @Nullable Object parse(String cell) {
      return switch (this) {
        case INTEGER -> Long.valueOf(cell);
        case DECIMAL -> Double.valueOf(cell);
        case BOOLEAN ->
            switch (cell.toLowerCase(Locale.ROOT)) {
              case "true", "1" -> true;
              case "false", "0" -> false;
              default -> throw new NumberFormatException(cell);
            };
      };
    }
  }

  private final Map<String, Type> types;

  private CsvSchema(Map<String, Type> types) {
    this.types = types;
  }

  /** Returns a builder without columns. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns a row with numbers where the schema says so, in the order of the file.
   *
   * @throws DataException if a column is missing, or a cell is of another kind
   */
  @Override
  public Map<String, Object> apply(Map<String, String> row) {
    for (String name : types.keySet()) {
      if (!row.containsKey(name)) {
        throw new DataException(
            "the schema has a column '" + name + "', but the file has " + row.keySet() + ".");
      }
    }
    Map<String, Object> typed = new LinkedHashMap<>();
    row.forEach((name, cell) -> typed.put(name, value(name, cell)));
    return typed;
  }

  private @Nullable Object value(String name, String cell) {
    Type type = types.get(name);
    if (type == null) {
      return cell;
    }
    String trimmed = cell.strip();
    if (trimmed.isEmpty()) {
      return null;
    }
    try {
      return type.parse(trimmed);
    } catch (NumberFormatException e) {
      throw new DataException(
          "column '" + name + "' has '" + cell + "', expected " + type.expected + ".", e);
    }
  }

  /** Collects the columns of a {@link CsvSchema}. */
  public static final class Builder {

    private final Map<String, Type> types = new LinkedHashMap<>();

    private Builder() {}

    /** Makes columns {@code Long}. */
    public Builder integers(String... names) {
      return add(Type.INTEGER, names);
    }

    /** Makes columns {@code Double}; decimals have a point. */
    public Builder decimals(String... names) {
      return add(Type.DECIMAL, names);
    }

    /** Makes columns {@code Boolean}: true, false, 1 and 0, in small or large letters. */
    public Builder booleans(String... names) {
      return add(Type.BOOLEAN, names);
    }

    private Builder add(Type type, String... names) {
      for (String name : names) {
        Type other = types.putIfAbsent(name, type);
        if (other != null) {
          throw new IllegalArgumentException(
              "column '" + name + "' is given twice: name each column once.");
        }
      }
      return this;
    }

    /**
     * Makes the schema.
     *
     * @throws IllegalArgumentException if it has no column
     */
    public CsvSchema build() {
      if (types.isEmpty()) {
        throw new IllegalArgumentException(
            "the schema names no column: add some with integers, decimals or booleans.");
      }
      return new CsvSchema(new LinkedHashMap<>(types));
    }
  }
}
