// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.metrics;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Exact match and F1 of answers to questions of which some have none, as SQuAD's evaluation script of version 2 computes them. An empty
 * answer says that there is none.
 */
public final class SquadV2 {

  private SquadV2() {}

  /**
   * Compares answers as run_qa of transformers does, which has decided by itself where there is no answer: no question has a probability
   * of that.
   *
   * @see #score(List, List, double[], double)
   */
  public static Map<String, Double> score(List<String> predictions, List<List<String>> references) {
    return score(predictions, references, new double[predictions.size()], 1);
  }

  /**
   * Compares answers with those that count as right; of several the best one counts.
   *
   * @param predictions an answer for each question; empty for none
   * @param references what counts as right for each; an empty list if the question has no answer
   * @param noAnswer for each question how likely it is that there is none, on any scale
   * @param threshold where {@code noAnswer} is above it, none is taken to be predicted
   * @return {@code exact}, {@code f1} (0 to 100) and {@code total}, the number of questions; the same of those with an answer under
   *     {@code HasAns_} and of those without under {@code NoAns_}, where there are some; and {@code best_exact}, {@code
   *     best_exact_thresh}, {@code best_f1} and {@code best_f1_thresh}: what the best threshold would give, and that threshold
   * @throws IllegalArgumentException if there are no questions, or not as many of one as of the other
   */
  public static Map<String, Double> score(
      List<String> predictions,
      List<List<String>> references,
      double[] noAnswer,
      double threshold) {
    Counting.requireSame(predictions.size(), references.size());
    Counting.requireSame(noAnswer.length, references.size());
    boolean[] has = new boolean[predictions.size()];
    double[] exact = new double[has.length];
    double[] f1 = new double[has.length];
    for (int i = 0; i < has.length; i++) {
      has[i] = !references.get(i).isEmpty();
      String prediction = Squad.normalize(predictions.get(i));
      for (String reference : wanted(references.get(i))) {
        exact[i] = Math.max(exact[i], reference.equals(prediction) ? 1 : 0);
        f1[i] = Math.max(f1[i], f1(prediction, reference));
      }
    }
    double[][] decided = {exact.clone(), f1.clone()};
    for (int i = 0; i < has.length; i++) {
      if (noAnswer[i] > threshold) {
        decided[0][i] = has[i] ? 0 : 1;
        decided[1][i] = has[i] ? 0 : 1;
      }
    }
    Map<String, Double> result = new LinkedHashMap<>();
    putMeans(result, "", decided, i -> true);
    putMeans(result, "HasAns_", decided, i -> has[i]);
    putMeans(result, "NoAns_", decided, i -> !has[i]);
    putBest(result, "best_exact", gains(exact, has, predictions), noAnswer, has);
    putBest(result, "best_f1", gains(f1, has, predictions), noAnswer, has);
    return result;
  }

  /** Answers that are articles and punctuation alone count as none. */
  private static List<String> wanted(List<String> references) {
    List<String> wanted =
        references.stream().map(Squad::normalize).filter(text -> !text.isEmpty()).toList();
    return wanted.isEmpty() ? List.of("") : wanted;
  }

  private static double f1(String prediction, String reference) {
    return prediction.isEmpty() && reference.isEmpty() ? 1 : Squad.f1(prediction, reference);
  }

  private static void putMeans(
      Map<String, Double> result, String prefix, double[][] scores, IntPredicate chosen) {
    int[] questions = IntStream.range(0, scores[0].length).filter(chosen).toArray();
    if (questions.length > 0) {
      double count = questions.length;
      result.put(
          prefix + "exact",
          100 * IntStream.of(questions).mapToDouble(i -> scores[0][i]).sum() / count);
      result.put(
          prefix + "f1",
          100 * IntStream.of(questions).mapToDouble(i -> scores[1][i]).sum() / count);
      result.put(prefix + "total", count);
    }
  }

  /** What each question adds if its answer is taken, over saying that there is none. */
  private static double[] gains(double[] scores, boolean[] has, List<String> predictions) {
    double[] gains = new double[scores.length];
    for (int i = 0; i < gains.length; i++) {
      gains[i] = has[i] ? scores[i] : predictions.get(i).isEmpty() ? 0 : -1;
    }
    return gains;
  }

  /** The script takes the answers from the surest question on, and keeps the threshold where the sum was highest. */
  private static void putBest(
      Map<String, Double> result, String name, double[] gains, double[] noAnswer, boolean[] has) {
    List<Integer> surest =
        IntStream.range(0, gains.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> noAnswer[i]))
            .toList();
    double sum = IntStream.range(0, has.length).filter(i -> !has[i]).count();
    double best = sum;
    double threshold = 0;
    for (int i : surest) {
      sum += gains[i];
      if (sum > best) {
        best = sum;
        threshold = noAnswer[i];
      }
    }
    result.put(name, 100 * best / gains.length);
    result.put(name + "_thresh", threshold);
  }
}
