// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Learns the scales and categories of a table, row by row. */
final class TabularFit {

  /** Count, mean, and the sum of squared distances from it (Welford): squares of large numbers would cancel. */
  private static final class Moments {
    private long count;
    private double mean;
    private double spread;

    void add(double value) {
      count++;
      double distance = value - mean;
      mean += distance / count;
      spread += distance * (value - mean);
    }

    TabularColumns.Scale scale() {
      double deviation = count == 0 ? 0 : Math.sqrt(spread / count);
      return new TabularColumns.Scale(mean, deviation == 0 ? 1 : deviation);
    }
  }

  private final Map<String, Moments> numbers = new LinkedHashMap<>();
  private final Map<String, Set<String>> categories = new LinkedHashMap<>();
  private final boolean imputes;

  TabularFit(List<String> numbers, boolean imputes) {
    numbers.forEach(name -> this.numbers.put(name, new Moments()));
    this.imputes = imputes;
  }

  void add(Map<String, ?> row) {
    numbers.forEach(
        (name, moments) -> {
          Double value = TabularValues.number(row, name, imputes);
          if (value != null) {
            moments.add(value);
          }
        });
  }

  void addCategory(String name, Map<String, ?> row) {
    categories
        .computeIfAbsent(name, column -> new HashSet<>())
        .add(TabularValues.category(row, name));
  }

  /** By value where all are whole numbers, as scikit-learn has them; else as text. */
  private static List<String> sorted(Set<String> names) {
    boolean numbers = names.stream().allMatch(name -> name.matches("-?\\d{1,18}"));
    return names.stream()
        .sorted(numbers ? Comparator.comparingLong(Long::parseLong) : Comparator.naturalOrder())
        .toList();
  }

  Map<String, TabularColumns.Scale> scales() {
    Map<String, TabularColumns.Scale> scales = new LinkedHashMap<>();
    numbers.forEach((name, moments) -> scales.put(name, moments.scale()));
    return scales;
  }

  Map<String, List<String>> categories(List<String> names) {
    Map<String, List<String>> found = new LinkedHashMap<>();
    names.forEach(name -> found.put(name, sorted(categories.getOrDefault(name, Set.of()))));
    return found;
  }
}
