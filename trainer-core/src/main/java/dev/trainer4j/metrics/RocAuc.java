// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.metrics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The area under the curve of true over false positives: how often a sample that has the label scores above one that
 * has not, a tie being half (Mann and Whitney). It keeps a score of each sample and class.
 */
final class RocAuc implements StreamingMetrics {

  private static final long IGNORED = -100;

  @Override
  public Accumulator start() {
    return new Ranks();
  }

  private static final class Ranks implements Accumulator {

    /** Of each class, scores of samples, and whether they have it. */
    private final List<List<double[]>> scores = new ArrayList<>();

    private final List<List<boolean[]>> truths = new ArrayList<>();

    @Override
    public void add(EvalPrediction batch) {
      NDArray logits = batch.predictions();
      NDArray labels = batch.labelIds();
      float[] values = Scores.floats(logits);
      boolean together =
          logits.getShape().equals(labels.getShape()) || logits.size() == labels.size();
      if (together) {
        int width = logits.getShape().dimension() < 2 ? 1 : last(logits);
        float[] wanted = Scores.floats(labels);
        for (int label = 0; label < width; label++) {
          int at = label;
          int rows = values.length / width;
          add(
              label,
              IntStream.range(0, rows).mapToDouble(row -> values[row * width + at]).toArray(),
              row -> wanted[row * width + at] > 0.5f);
        }
        return;
      }
      classes(logits, labels, values);
    }

    private void classes(NDArray logits, NDArray labels, float[] values) {
      int classes = last(logits);
      if (logits.size() != labels.size() * classes) {
        throw new IllegalArgumentException(
            "labels have the shape "
                + labels.getShape()
                + " and predictions "
                + logits.getShape()
                + ": expected the shape of the labels and one dimension of classes behind it, or one shape");
      }
      long[] all = labels.toType(DataType.INT64, false).flatten().toLongArray();
      int[] rows = IntStream.range(0, all.length).filter(i -> all[i] != IGNORED).toArray();
      double[][] shares = new double[rows.length][];
      for (int i = 0; i < rows.length; i++) {
        shares[i] = softmax(values, rows[i] * classes, classes);
      }
      // Of two classes the second one's curve says all.
      for (int c = classes == 2 ? 1 : 0; c < classes; c++) {
        int at = c;
        add(
            classes == 2 ? 0 : c,
            Arrays.stream(shares).mapToDouble(share -> share[at]).toArray(),
            row -> all[rows[row]] == at);
      }
    }

    private static double[] softmax(float[] values, int from, int count) {
      double largest = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < count; i++) {
        largest = Math.max(largest, values[from + i]);
      }
      double[] shares = new double[count];
      double sum = 0;
      for (int i = 0; i < count; i++) {
        shares[i] = Math.exp(values[from + i] - largest);
        sum += shares[i];
      }
      for (int i = 0; i < count; i++) {
        shares[i] /= sum;
      }
      return shares;
    }

    private void add(int curve, double[] values, IntPredicate hasLabel) {
      while (scores.size() <= curve) {
        scores.add(new ArrayList<>());
        truths.add(new ArrayList<>());
      }
      boolean[] held = new boolean[values.length];
      for (int i = 0; i < held.length; i++) {
        held[i] = hasLabel.test(i);
      }
      scores.get(curve).add(values);
      truths.get(curve).add(held);
    }

    @Override
    public Map<String, Double> result() {
      double sum = 0;
      for (int curve = 0; curve < scores.size(); curve++) {
        sum += area(curve);
      }
      return Map.of("roc_auc", scores.isEmpty() ? Double.NaN : sum / scores.size());
    }

    private double area(int curve) {
      double[] all = scores.get(curve).stream().flatMapToDouble(Arrays::stream).toArray();
      boolean[] held = new boolean[all.length];
      int filled = 0;
      for (boolean[] part : truths.get(curve)) {
        System.arraycopy(part, 0, held, filled, part.length);
        filled += part.length;
      }
      Integer[] order = IntStream.range(0, all.length).boxed().toArray(Integer[]::new);
      Arrays.sort(order, (a, b) -> Double.compare(all[a], all[b]));
      double ranks = 0;
      double with = 0;
      for (int from = 0; from < order.length; ) {
        int to = from;
        while (to < order.length && all[order[to]] == all[order[from]]) {
          to++;
        }
        double rank =
            (from + 1 + to) / 2.0; // Those that tie share the mean of their ranks, from 1.
        for (int i = from; i < to; i++) {
          if (held[order[i]]) {
            ranks += rank;
            with++;
          }
        }
        from = Math.max(to, from + 1); // A NaN equals nothing, itself neither.
      }
      double without = all.length - with;
      if (with == 0 || without == 0 || Arrays.stream(all).anyMatch(Double::isNaN)) {
        return Double.NaN; // Nothing to compare.
      }
      return (ranks - with * (with + 1) / 2) / (with * without);
    }

    private static int last(NDArray array) {
      return (int) array.getShape().getLastDimension();
    }
  }
}
