// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.metrics;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Exact match and F1 of answers, as SQuAD's evaluation script of version 1.1 computes them. */
public final class Squad {

  private Squad() {}

  /**
   * Compares answers with the answers that count as right; of several the best one counts.
   *
   * @return {@code exact_match} and {@code f1}, 0 to 100
   */
  public static Map<String, Double> score(List<String> predictions, List<List<String>> references) {
    Counting.requireSame(predictions.size(), references.size());
    double exact = 0;
    double f1 = 0;
    for (int i = 0; i < predictions.size(); i++) {
      String prediction = normalize(predictions.get(i));
      exact += references.get(i).stream().anyMatch(r -> normalize(r).equals(prediction)) ? 1 : 0;
      f1 +=
          references.get(i).stream().mapToDouble(r -> f1(prediction, normalize(r))).max().orElse(0);
    }
    Map<String, Double> result = new LinkedHashMap<>();
    result.put("exact_match", 100 * exact / predictions.size());
    result.put("f1", 100 * f1 / predictions.size());
    return result;
  }

  /** Of two normalized texts; 0 if both are empty. */
  static double f1(String one, String other) {
    Map<List<String>, Integer> words = Counting.ngrams(Counting.words(one), 1);
    Map<List<String>, Integer> wanted = Counting.ngrams(Counting.words(other), 1);
    return Counting.f1(
        Counting.overlap(words, wanted), Counting.total(words), Counting.total(wanted));
  }

  /** Lower case, without ASCII punctuation, articles and extra spaces. */
  static String normalize(String text) {
    String plain = text.toLowerCase(Locale.ROOT).replaceAll("\\p{Punct}", "");
    String bare = plain.replaceAll("(?U)\\b(a|an|the)\\b", " ");
    return String.join(" ", Counting.words(bare));
  }
}
