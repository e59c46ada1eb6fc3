// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.metrics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Bags of words and of their sequences. */
final class Counting {

  private Counting() {}

  static Map<List<String>, Integer> ngrams(List<String> words, int n) {
    Map<List<String>, Integer> counts = new HashMap<>();
    for (int i = 0; i + n <= words.size(); i++) {
      counts.merge(words.subList(i, i + n), 1, Integer::sum);
    }
    return counts;
  }

  /** What two bags have in common. */
  static <K> int overlap(Map<K, Integer> one, Map<K, Integer> other) {
    int common = 0;
    for (Map.Entry<K, Integer> entry : one.entrySet()) {
      common += Math.min(entry.getValue(), other.getOrDefault(entry.getKey(), 0));
    }
    return common;
  }

  static int total(Map<?, Integer> counts) {
    return counts.values().stream().mapToInt(i -> i).sum();
  }

  static double f1(double common, double one, double other) {
    return one + other == 0 ? 0 : 2 * common / (one + other);
  }

  static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    for (String word : text.strip().split("\\s+")) {
      if (!word.isEmpty()) {
        words.add(word);
      }
    }
    return words;
  }

  static void requireSame(int predictions, int references) {
    if (predictions != references || references == 0) {
      throw new IllegalArgumentException(
          "there are "
              + predictions
              + " predictions and "
              + references
              + " references: expected one for each, and at least one.");
    }
  }
}
