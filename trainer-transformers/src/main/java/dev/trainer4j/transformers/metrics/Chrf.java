// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.metrics;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** chrF of translations: F2 of sequences of up to six chars, without spaces, as sacrebleu's default. */
public final class Chrf {

  private static final int ORDER = 6;
  private static final double BETA_SQUARED = 4;

  private Chrf() {}

  /** Returns chrF over the corpus, 0 to 100; one reference a prediction. */
  public static double score(List<String> predictions, List<String> references) {
    Counting.requireSame(predictions.size(), references.size());
    double precision = 0;
    double recall = 0;
    int orders = 0;
    for (int n = 1; n <= ORDER; n++) {
      double hits = 0;
      double own = 0;
      double wanted = 0;
      for (int i = 0; i < predictions.size(); i++) {
        Map<String, Integer> one = ngrams(predictions.get(i), n);
        Map<String, Integer> other = ngrams(references.get(i), n);
        hits += Counting.overlap(one, other);
        own += other.isEmpty() ? 0 : Counting.total(one);
        wanted += Counting.total(other);
      }
      if (own > 0 && wanted > 0) {
        precision += hits / own;
        recall += hits / wanted;
        orders++;
      }
    }
    if (orders == 0 || precision + recall == 0) {
      return 0;
    }
    double p = precision / orders;
    double r = recall / orders;
    return 100 * (1 + BETA_SQUARED) * p * r / (BETA_SQUARED * p + r);
  }

  private static Map<String, Integer> ngrams(String text, int n) {
    int[] points = text.replaceAll("(?U)\\s+", "").codePoints().toArray();
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i + n <= points.length; i++) {
      counts.merge(new String(points, i, n), 1, Integer::sum);
    }
    return counts;
  }
}
