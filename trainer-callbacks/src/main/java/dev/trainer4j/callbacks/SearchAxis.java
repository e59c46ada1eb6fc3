// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.util.List;

/** Where values stand on an axis from 0 to 1: numbers by value, by logarithm if they span much, other values side by side. */
final class SearchAxis {

  private static final double MUCH = 50;
  private static final int MOST_SIDE_BY_SIDE = 6;

  private final List<Object> values;
  private final boolean numbers;
  private final boolean logarithmic;
  private final double low;
  private final double high;

  private SearchAxis(List<Object> values, boolean numbers, boolean logarithmic) {
    this.values = values;
    this.numbers = numbers;
    this.logarithmic = logarithmic;
    low = numbers ? inward(values.get(0)) : 0;
    high = numbers ? inward(values.get(values.size() - 1)) : Math.max(0, values.size() - 1);
  }

  static SearchAxis of(List<?> all) {
    boolean numbers = !all.isEmpty() && all.stream().allMatch(value -> value instanceof Number);
    List<Object> values =
        all.stream()
            .<Object>map(value -> numbers ? ((Number) value).doubleValue() : String.valueOf(value))
            .distinct()
            .sorted()
            .toList();
    boolean logarithmic =
        numbers
            && (double) values.get(0) > 0
            && (double) values.get(values.size() - 1) / (double) values.get(0) > MUCH;
    return new SearchAxis(values, numbers, logarithmic);
  }

  boolean isLogarithmic() {
    return logarithmic;
  }

  /** Returns where a value stands, with a little room at both ends. */
  double place(Object value) {
    double at = numbers ? inward(value) : values.indexOf(String.valueOf(value));
    return high > low ? 0.03 + 0.94 * (at - low) / (high - low) : 0.5;
  }

  /** Returns what is written at the axis: the ends and the middle, or all values if they are few. */
  List<Object> marks() {
    if (!numbers || (values.size() <= MOST_SIDE_BY_SIDE && !logarithmic && evenly())) {
      return values;
    }
    return List.of(outward(low), outward((low + high) / 2), outward(high));
  }

  private boolean evenly() {
    for (int i = 1; i < values.size(); i++) {
      if ((inward(values.get(i)) - inward(values.get(i - 1))) < 0.12 * (high - low)) {
        return false;
      }
    }
    return true;
  }

  private double inward(Object value) {
    double number = ((Number) value).doubleValue();
    return logarithmic ? Math.log(number) : number;
  }

  private double outward(double place) {
    return logarithmic ? Math.exp(place) : place;
  }
}
