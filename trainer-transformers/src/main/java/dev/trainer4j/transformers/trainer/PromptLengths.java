// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import dev.trainer4j.data.Dataset;
import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The lengths of what rows give a model to read. */
final class PromptLengths {

  private PromptLengths() {}

  /**
   * Returns the indices of rows, the longest first; of equal ones in their order.
   *
   * @return empty if the rows do not say how long they are
   */
  static long[] descending(Dataset<?> rows, WritingTask task) {
    int[] lengths = new int[Math.toIntExact(rows.size())];
    Integer[] order = new Integer[lengths.length];
    for (int i = 0; i < lengths.length; i++) {
      if (!(rows.get(i) instanceof Map<?, ?> row)) {
        return new long[0];
      }
      lengths[i] = task.length(row);
      if (lengths[i] < 0) {
        return new long[0];
      }
      order[i] = i;
    }
    Arrays.sort(order, Comparator.comparingInt((Integer i) -> -lengths[i]));
    return Arrays.stream(order).mapToLong(Integer::longValue).toArray();
  }

  /** Returns how many elements an array or a list has; -1 for anything else. */
  static int of(@Nullable Object value) {
    if (value instanceof List<?> list) {
      return list.size();
    }
    return value != null && value.getClass().isArray() ? Array.getLength(value) : -1;
  }

  /** Returns an element of an array or a list of whole numbers. */
  static long at(Object value, int index) {
    Object element = value instanceof List<?> list ? list.get(index) : Array.get(value, index);
    return ((Number) element).longValue();
  }
}
