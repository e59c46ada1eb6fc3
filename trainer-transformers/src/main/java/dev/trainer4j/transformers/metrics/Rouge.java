// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.metrics;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * ROUGE of summaries: mean F1 of common words, word pairs and longest common subsequences, over words
 * of ASCII letters and digits in lower case, without stemming, as Google's rouge_score does.
 */
public final class Rouge {

  private Rouge() {}

  /** Returns {@code rouge1}, {@code rouge2} and {@code rougeL}, 0 to 1. */
  public static Map<String, Double> score(List<String> predictions, List<String> references) {
    Counting.requireSame(predictions.size(), references.size());
    double[] sums = new double[3];
    for (int i = 0; i < predictions.size(); i++) {
      List<String> words = tokenize(predictions.get(i));
      List<String> wanted = tokenize(references.get(i));
      for (int n = 1; n <= 2; n++) {
        Map<List<String>, Integer> own = Counting.ngrams(words, n);
        Map<List<String>, Integer> other = Counting.ngrams(wanted, n);
        sums[n - 1] +=
            Counting.f1(Counting.overlap(own, other), Counting.total(own), Counting.total(other));
      }
      sums[2] += Counting.f1(common(words, wanted), words.size(), wanted.size());
    }
    Map<String, Double> result = new LinkedHashMap<>();
    result.put("rouge1", sums[0] / predictions.size());
    result.put("rouge2", sums[1] / predictions.size());
    result.put("rougeL", sums[2] / predictions.size());
    return result;
  }

  private static List<String> tokenize(String text) {
    return Counting.words(text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", " "));
  }

  /** The length of the longest common subsequence. */
  private static int common(List<String> one, List<String> other) {
    int[] row = new int[other.size() + 1];
    for (String word : one) {
      int diagonal = 0;
      for (int j = 1; j <= other.size(); j++) {
        int above = row[j];
        row[j] = word.equals(other.get(j - 1)) ? diagonal + 1 : Math.max(above, row[j - 1]);
        diagonal = above;
      }
    }
    return row[other.size()];
  }
}
