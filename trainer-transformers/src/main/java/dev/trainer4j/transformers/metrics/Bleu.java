// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.metrics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * BLEU of translations over a corpus, with the tokenizer 13a and the exponential smoothing that are
 * sacrebleu's defaults.
 */
public final class Bleu {

  private static final int ORDER = 4;

  private Bleu() {}

  /** Returns BLEU, 0 to 100; each prediction has one or more references. */
  public static double score(List<String> predictions, List<List<String>> references) {
    Counting.requireSame(predictions.size(), references.size());
    long[] hits = new long[ORDER];
    long[] totals = new long[ORDER];
    long length = 0;
    long wanted = 0;
    for (int i = 0; i < predictions.size(); i++) {
      List<String> words = tokenize(predictions.get(i));
      List<List<String>> others = references.get(i).stream().map(Bleu::tokenize).toList();
      length += words.size();
      wanted += closest(words.size(), others);
      for (int n = 1; n <= ORDER; n++) {
        Map<List<String>, Integer> own = Counting.ngrams(words, n);
        hits[n - 1] += Counting.overlap(own, most(others, n));
        totals[n - 1] += Counting.total(own);
      }
    }
    return combine(hits, totals, length, wanted);
  }

  private static double combine(long[] hits, long[] totals, long length, long wanted) {
    if (hits[0] == 0) {
      return 0;
    }
    double logs = 0;
    double smoothing = 1;
    for (int n = 0; n < ORDER; n++) {
      if (totals[n] == 0) {
        return 0;
      }
      double precision = (double) hits[n] / totals[n];
      if (hits[n] == 0) {
        smoothing *= 2;
        precision = 1 / (smoothing * totals[n]);
      }
      logs += Math.log(precision);
    }
    double brevity = length < wanted ? Math.exp(1 - (double) wanted / length) : 1;
    return 100 * brevity * Math.exp(logs / ORDER);
  }

  /** The length of the reference that is closest, of two the shorter one. */
  private static int closest(int length, List<List<String>> references) {
    int best = Integer.MAX_VALUE;
    for (List<String> reference : references) {
      int distance = Math.abs(reference.size() - length);
      int known = Math.abs(best - length);
      if (best == Integer.MAX_VALUE
          || distance < known
          || (distance == known && reference.size() < best)) {
        best = reference.size();
      }
    }
    return best;
  }

  /** Each sequence as often as in the reference that has it most. */
  private static Map<List<String>, Integer> most(List<List<String>> references, int n) {
    Map<List<String>, Integer> most = new HashMap<>();
    for (List<String> reference : references) {
      Counting.ngrams(reference, n).forEach((gram, count) -> most.merge(gram, count, Math::max));
    }
    return most;
  }

  /** The tokenizer 13a: symbols apart, points and commas unless between digits. */
  private static List<String> tokenize(String text) {
    String plain = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ");
    if (plain.contains("&")) {
      plain =
          plain
              .replace("&quot;", "\"")
              .replace("&amp;", "&")
              .replace("&lt;", "<")
              .replace("&gt;", ">");
    }
    String apart =
        (" " + plain + " ")
            .replaceAll("([\\{-\\~\\[-\\` -\\&\\(-\\+\\:-\\@\\/])", " $1 ")
            .replaceAll("([^0-9])([\\.,])", "$1 $2 ")
            .replaceAll("([\\.,])([^0-9])", " $1 $2")
            .replaceAll("([0-9])(-)", "$1 $2 ");
    return new ArrayList<>(Counting.words(apart));
  }
}
