// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@link TabularFeatures} know of a table.
 *
 * @param scales of each column of numbers, in order
 * @param oneHot of each such column, its categories in the order of the inputs
 * @param categorical of each such column, its categories in the order of the codes, from 1
 * @param label the column to learn, null for none
 * @param labels its classes in the order of the codes, from 0; empty if it is a number
 * @param imputes whether a missing number becomes the mean
 */
record TabularColumns(
    Map<String, Scale> scales,
    Map<String, List<String>> oneHot,
    Map<String, List<String>> categorical,
    @Nullable String label,
    List<String> labels,
    boolean imputes) {

  /** Mean and standard deviation of a column; where all numbers are equal, the deviation counts as 1. */
  record Scale(double mean, double deviation) {}

  int size() {
    return scales.size() + oneHot.values().stream().mapToInt(List::size).sum();
  }

  float[] features(Map<String, ?> row) {
    float[] result = new float[size()];
    int at = 0;
    for (Map.Entry<String, Scale> column : scales.entrySet()) {
      Double value = TabularValues.number(row, column.getKey(), imputes);
      Scale scale = column.getValue();
      result[at++] = value == null ? 0 : (float) ((value - scale.mean()) / scale.deviation());
    }
    for (Map.Entry<String, List<String>> column : oneHot.entrySet()) {
      int place = column.getValue().indexOf(TabularValues.category(row, column.getKey()));
      if (place >= 0) {
        result[at + place] = 1;
      }
      at += column.getValue().size();
    }
    return result;
  }

  long[] codes(Map<String, ?> row) {
    return categorical.entrySet().stream()
        .mapToLong(
            column -> 1L + column.getValue().indexOf(TabularValues.category(row, column.getKey())))
        .toArray();
  }

  @Nullable Object label(Map<String, ?> row) {
    if (label == null || !row.containsKey(label)) {
      return null;
    }
    if (labels.isEmpty()) {
      Double number = TabularValues.number(row, label, false);
      return number == null ? null : number.floatValue();
    }
    String name = TabularValues.category(row, label);
    int code = labels.indexOf(name);
    if (code < 0) {
      throw new IllegalArgumentException(
          "column '" + label + "' has '" + name + "', which is none of the labels " + labels + ".");
    }
    return (long) code;
  }
}
