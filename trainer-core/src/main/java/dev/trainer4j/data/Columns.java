// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Changes of rows that are maps, for {@link Dataset#map}: {@code
 * rows.map(Columns.keep("text", "label")).map(Columns.rename("label", "labels"))}.
 *
 * <p>A name that a row does not have is an {@link IllegalArgumentException} that lists what it has.
 */
public final class Columns {

  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private Columns() {}

  /** Keeps only these columns, in this order. */
  public static Function<Map<String, ?>, Map<String, Object>> keep(String... names) {
    List<String> kept = List.of(names);
    return row -> {
      requireAll(row, kept);
      Map<String, Object> result = new LinkedHashMap<>();
      kept.forEach(name -> result.put(name, row.get(name)));
      return result;
    };
  }

  /** Leaves out these columns. */
  public static Function<Map<String, ?>, Map<String, Object>> remove(String... names) {
    List<String> removed = List.of(names);
    return row -> {
      requireAll(row, removed);
      Map<String, Object> result = new LinkedHashMap<>(row);
      removed.forEach(result::remove);
      return result;
    };
  }

  /** Gives a column another name, in its place. */
  public static Function<Map<String, ?>, Map<String, Object>> rename(String from, String to) {
    return row -> {
      requireAll(row, List.of(from));
      if (row.containsKey(to) && !from.equals(to)) {
        throw new IllegalArgumentException(
            "the row has a column '" + to + "' already: remove it first.");
      }
      Map<String, Object> result = new LinkedHashMap<>();
      row.forEach((name, value) -> result.put(name.equals(from) ? to : name, value));
      return result;
    };
  }

  /**
   * Makes typed rows: records (or other classes that Jackson can make) whose components have the names
   * of columns. Columns without a component are left out.
   *
   * @throws IllegalArgumentException from the function, if a value does not fit its component
   */
  public static <T> Function<Map<String, ?>, T> as(Class<T> type) {
    return row -> JSON.convertValue(row, type);
  }

  private static void requireAll(Map<String, ?> row, List<String> names) {
    for (String name : names) {
      if (!row.containsKey(name)) {
        throw new IllegalArgumentException(
            "the row has no column '"
                + name
                + "', but "
                + Arrays.toString(row.keySet().toArray())
                + ".");
      }
    }
  }
}
