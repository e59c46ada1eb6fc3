// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;

/** Turns rows into columns: the values of every field, under the name that a model expects. */
final class SampleFields {

  static final String LABELS = "labels";

  /** What Hugging Face's collators take for the labels as well. */
  private static final Set<String> OTHER_LABEL_NAMES = Set.of("label", "label_ids");

  private SampleFields() {}

  /**
   * Returns the columns; all rows must have the same keys. They come in the order of the first row
   * if its map has one, else sorted: the order of {@code Map.of} changes with every start of the
   * JVM, and a model that takes its inputs by position would get them swapped.
   */
  static Map<String, Column> columns(List<? extends Map<String, ?>> rows) {
    if (rows.isEmpty()) {
      throw new IllegalArgumentException("A batch needs at least one sample, but there is none.");
    }
    Map<String, Column> columns = new LinkedHashMap<>();
    Map<String, ?> first = rows.get(0);
    boolean ordered = first instanceof LinkedHashMap || first instanceof SortedMap;
    Set<String> keys = ordered ? first.keySet() : new TreeSet<>(first.keySet());
    for (String key : keys) {
      String name = OTHER_LABEL_NAMES.contains(key) ? LABELS : key;
      Column column = new Column(key, rows.size());
      if (columns.putIfAbsent(name, column) != null) {
        throw new IllegalArgumentException(
            "The samples have more than one field for the labels: " + keys + ". Keep one of them.");
      }
    }
    Column[] each = columns.values().toArray(Column[]::new);
    for (int row = 0; row < rows.size(); row++) {
      Map<String, ?> values = rows.get(row);
      if (values.size() != each.length) {
        throw differentKeys(keys, values.keySet(), row);
      }
      for (Column column : each) {
        Object value = values.get(column.field());
        if (value == null && !values.containsKey(column.field())) {
          throw differentKeys(keys, values.keySet(), row);
        }
        column.add(value);
      }
    }
    return columns;
  }

  private static IllegalArgumentException differentKeys(
      Set<String> first, Set<String> other, int row) {
    Set<String> missing = new LinkedHashSet<>(first);
    missing.removeAll(other);
    Set<String> extra = new LinkedHashSet<>(other);
    extra.removeAll(first);
    return new IllegalArgumentException(
        String.format(
            "Sample %d of the batch does not have the same fields as sample 0: it lacks %s and has"
                + " %s in addition. Give every sample the same fields.",
            row, missing, extra));
  }
}
