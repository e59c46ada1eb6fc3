// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.metrics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Accuracy, precision, recall, F1 and Matthews' correlation of classes, batch by batch: figures of
 * scikit-learn with {@code zero_division=0}.
 *
 * <p>Logits have shape [..., classes], labels [...]; labels of -100 do not count.
 */
public final class Classification implements StreamingMetrics {

  /** How the figures of the classes become one. */
  public enum Average {
    /** The mean of the classes that appear. */
    MACRO,
    /** Over all samples at once: for one label a sample, the accuracy. */
    MICRO,
    /** The mean, each class with the weight of its labels. */
    WEIGHTED,
    /** Class 1 alone, of two. */
    BINARY
  }

  private final Average average;

  private Classification(Average average) {
    this.average = average;
  }

  /** Returns {@code accuracy}, {@code precision}, {@code recall}, {@code f1}, {@code matthews}. */
  public static Classification of(Average average) {
    return new Classification(average);
  }

  @Override
  public Accumulator start() {
    return new Counts();
  }

  @Override
  public Set<String> names() {
    return Set.of("accuracy", "precision", "recall", "f1", "matthews");
  }

  private final class Counts implements Accumulator {

    /** Samples by label and prediction. */
    private long[][] confusion = new long[0][0];

    @Override
    public void add(EvalPrediction batch) {
      NDArray logits = batch.predictions();
      NDArray labels = batch.labelIds();
      int classes = (int) logits.getShape().get(logits.getShape().dimension() - 1);
      if (logits.size() != labels.size() * classes) {
        throw new IllegalArgumentException(
            "labels have the shape "
                + labels.getShape()
                + " and predictions "
                + logits.getShape()
                + ": expected the shape of the labels and one dimension of classes behind it.");
      }
      if (confusion.length == 0) {
        confusion = new long[classes][classes];
      }
      long[] guesses = logits.argMax(-1).toType(DataType.INT64, false).flatten().toLongArray();
      long[] truths = labels.toType(DataType.INT64, false).flatten().toLongArray();
      for (int i = 0; i < truths.length; i++) {
        if (truths[i] == -100) {
          continue;
        }
        if (truths[i] < 0 || truths[i] >= classes) {
          throw new IllegalArgumentException(
              "the label " + truths[i] + " is none of " + classes + " classes.");
        }
        confusion[(int) truths[i]][(int) guesses[i]]++;
      }
    }

    @Override
    public Map<String, Double> result() {
      int classes = confusion.length;
      long[] truths = new long[classes];
      long[] guesses = new long[classes];
      double correct = 0;
      double all = 0;
      for (int truth = 0; truth < classes; truth++) {
        for (int guess = 0; guess < classes; guess++) {
          truths[truth] += confusion[truth][guess];
          guesses[guess] += confusion[truth][guess];
          all += confusion[truth][guess];
        }
        correct += confusion[truth][truth];
      }
      double[] figures = average(truths, guesses, correct, all);
      Map<String, Double> result = new LinkedHashMap<>();
      result.put("accuracy", all == 0 ? Double.NaN : correct / all);
      result.put("precision", figures[0]);
      result.put("recall", figures[1]);
      result.put("f1", figures[2]);
      result.put("matthews", matthews(truths, guesses, correct, all));
      return result;
    }

    private double[] average(long[] truths, long[] guesses, double correct, double all) {
      if (average == Average.MICRO) {
        double share = ratio(correct, all);
        return new double[] {share, share, share};
      }
      if (average == Average.BINARY && truths.length != 2) {
        throw new IllegalArgumentException(
            "BINARY needs two classes, but there are " + truths.length + ": use another Average.");
      }
      double[] sums = new double[3];
      double weights = 0;
      for (int c = 0; c < truths.length; c++) {
        double weight =
            switch (average) {
              case WEIGHTED -> truths[c];
              case BINARY -> c;
              default -> truths[c] + guesses[c] > 0 ? 1 : 0;
            };
        double hits = confusion[c][c];
        sums[0] += weight * ratio(hits, (double) guesses[c]);
        sums[1] += weight * ratio(hits, (double) truths[c]);
        sums[2] += weight * ratio(2 * hits, (double) truths[c] + guesses[c]);
        weights += weight;
      }
      for (int i = 0; i < sums.length; i++) {
        sums[i] = ratio(sums[i], weights);
      }
      return sums;
    }

    /** Gorodkin 2004, of any number of classes; 0 where it is not defined. */
    private static double matthews(long[] truths, long[] guesses, double correct, double all) {
      double both = 0;
      double ofTruths = all * all;
      double ofGuesses = all * all;
      for (int c = 0; c < truths.length; c++) {
        both += (double) truths[c] * guesses[c];
        ofTruths -= (double) truths[c] * truths[c];
        ofGuesses -= (double) guesses[c] * guesses[c];
      }
      return ratio(correct * all - both, Math.sqrt(ofTruths) * Math.sqrt(ofGuesses));
    }
  }

  private static double ratio(double part, double whole) {
    return whole == 0 ? 0 : part / whole;
  }
}
