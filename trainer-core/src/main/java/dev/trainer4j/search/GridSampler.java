// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tries all combinations, the last hyperparameter changing with each trial. */
final class GridSampler implements Sampler {

  private final Map<String, List<Object>> values = new LinkedHashMap<>();

  /**
   * Makes a sampler.
   *
   * @throws IllegalArgumentException naming every hyperparameter that has too many values
   */
  GridSampler(Map<String, ParameterRange> space) {
    List<String> endless = new ArrayList<>();
    space.forEach(
        (name, range) -> {
          values.put(name, range.grid());
          if (range.grid().isEmpty()) {
            endless.add(name);
          }
        });
    if (!endless.isEmpty()) {
      throw new IllegalArgumentException(
          "a grid needs values to count, and "
              + String.join(", ", endless)
              + " is a range of numbers; give choices, or search with RANDOM or TPE");
    }
  }

  /** Returns how many combinations there are, or {@code Integer.MAX_VALUE} if there are more. */
  int size() {
    long size = 1;
    for (List<Object> each : values.values()) {
      size = Math.min(Integer.MAX_VALUE, size * each.size());
    }
    return (int) size;
  }

  @Override
  public Optional<Map<String, Object>> suggest(int trial, List<TrialRecord> before) {
    if (trial >= size()) {
      return Optional.empty();
    }
    Map<String, Object> chosen = new LinkedHashMap<>();
    List<Map.Entry<String, List<Object>>> each = new ArrayList<>(values.entrySet());
    each.forEach(entry -> chosen.put(entry.getKey(), entry.getValue().get(0)));
    int left = trial;
    for (int i = each.size() - 1; i >= 0; i--) {
      List<Object> choices = each.get(i).getValue();
      chosen.put(each.get(i).getKey(), choices.get(left % choices.size()));
      left /= choices.size();
    }
    return Optional.of(chosen);
  }
}
