// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.torch.TorchFunctions;
import java.util.Arrays;
import java.util.List;

/**
 * How the values of an array are spread.
 *
 * @param min the smallest value
 * @param max the largest value
 * @param count how many finite values there are; others are left out
 * @param sum their sum
 * @param sumOfSquares the sum of their squares
 * @param limits the upper end of each bucket, rising
 * @param counts how many values each bucket has
 */
record Histogram(
    double min,
    double max,
    double count,
    double sum,
    double sumOfSquares,
    List<Double> limits,
    List<Double> counts) {

  private static final double SMALLEST = 1e-12;
  private static final double LARGEST = 1e20;
  private static final double GROWTH = 1.1;

  /** TensorFlow's buckets: each 10% wider than the last, on both sides of zero. */
  private static final double[] LIMITS = limitsOfTensorFlow();

  /** Counts on the array's device; nothing but the counts leaves it. */
  static Histogram of(NDArray array) {
    double[] result = TorchFunctions.histogram(array, LIMITS);
    double[] counts = Arrays.copyOfRange(result, 5, result.length);
    int first = 0;
    int last = counts.length - 1;
    while (first < last && counts[first] == 0) {
      first++;
    }
    while (last > first && counts[last] == 0) {
      last--;
    }
    // An empty bucket before the first one says where that one begins.
    first = Math.max(0, first - 1);
    return new Histogram(
        result[0],
        result[1],
        result[2],
        result[3],
        result[4],
        boxed(LIMITS, first, last + 1),
        boxed(counts, first, last + 1));
  }

  private static List<Double> boxed(double[] values, int from, int to) {
    return Arrays.stream(values, from, to).boxed().toList();
  }

  private static double[] limitsOfTensorFlow() {
    double[] positive = new double[1000];
    int size = 0;
    for (double limit = SMALLEST; limit < LARGEST; limit *= GROWTH) {
      positive[size++] = limit;
    }
    positive[size++] = Double.MAX_VALUE;
    double[] limits = new double[2 * size + 1];
    for (int i = 0; i < size; i++) {
      limits[size + 1 + i] = positive[i];
      limits[size - 1 - i] = -positive[i];
    }
    return limits;
  }
}
