// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.metrics;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Accuracy, precision, recall and F1 of labels that may hold together, batch by batch: figures of scikit-learn with
 * {@code zero_division=0}. Logits and labels have the shape [samples, labels].
 */
final class MultiLabel implements StreamingMetrics {

  private final Classification.Average average;
  private final double limit;

  MultiLabel(Classification.Average average, double threshold) {
    if (average == Classification.Average.BINARY) {
      throw new IllegalArgumentException(
          "BINARY is for two classes, one of which holds: use MACRO, MICRO or WEIGHTED");
    }
    if (!(threshold > 0 && threshold < 1)) {
      throw new IllegalArgumentException(
          "threshold is " + threshold + ", expected a probability between 0 and 1, such as 0.5");
    }
    this.average = average;
    limit = Math.log(threshold / (1 - threshold));
  }

  @Override
  public Accumulator start() {
    return new Counts();
  }

  private final class Counts implements Accumulator {

    private long[] hits = new long[0];
    private long[] guesses = new long[0];
    private long[] truths = new long[0];
    private long exact;
    private long samples;

    @Override
    public void add(EvalPrediction batch) {
      NDArray logits = batch.predictions();
      NDArray labels = batch.labelIds();
      if (logits.getShape().dimension() != 2 || !logits.getShape().equals(labels.getShape())) {
        throw new IllegalArgumentException(
            "predictions have the shape "
                + logits.getShape()
                + " and labels "
                + labels.getShape()
                + ": expected [samples, labels] of both, with 1 for each label that holds");
      }
      int width = (int) logits.getShape().get(1);
      if (hits.length == 0) {
        hits = new long[width];
        guesses = new long[width];
        truths = new long[width];
      }
      float[] scores = Scores.floats(logits);
      float[] wanted = Scores.floats(labels);
      for (int from = 0; from < scores.length; from += width) {
        boolean same = true;
        for (int label = 0; label < width; label++) {
          boolean guess = scores[from + label] > limit;
          boolean truth = wanted[from + label] > 0.5f;
          guesses[label] += guess ? 1 : 0;
          truths[label] += truth ? 1 : 0;
          hits[label] += guess && truth ? 1 : 0;
          same &= guess == truth;
        }
        exact += same ? 1 : 0;
        samples++;
      }
    }

    @Override
    public Map<String, Double> result() {
      double[] figures = average == Classification.Average.MICRO ? micro() : mean();
      Map<String, Double> result = new LinkedHashMap<>();
      result.put("accuracy", samples == 0 ? Double.NaN : (double) exact / samples);
      result.put("precision", figures[0]);
      result.put("recall", figures[1]);
      result.put("f1", figures[2]);
      return result;
    }

    private double[] micro() {
      return figures(
          Arrays.stream(hits).sum(), Arrays.stream(guesses).sum(), Arrays.stream(truths).sum());
    }

    private double[] mean() {
      double[] sums = new double[3];
      double weights = 0;
      for (int label = 0; label < hits.length; label++) {
        double weight = average == Classification.Average.WEIGHTED ? truths[label] : 1;
        double[] own = figures(hits[label], guesses[label], truths[label]);
        for (int i = 0; i < 3; i++) {
          sums[i] += weight * own[i];
        }
        weights += weight;
      }
      double all = weights;
      return Arrays.stream(sums).map(sum -> ratio(sum, all)).toArray();
    }

    private double[] figures(long hits, long guesses, long truths) {
      double hit = hits;
      double guessed = guesses;
      double held = truths;
      return new double[] {ratio(hit, guessed), ratio(hit, held), ratio(2 * hit, guessed + held)};
    }
  }

  private static double ratio(double part, double whole) {
    return whole == 0 ? 0 : part / whole;
  }
}
