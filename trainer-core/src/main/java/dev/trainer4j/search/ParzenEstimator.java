// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.Arrays;
import java.util.Random;

/**
 * A density on an interval, made of points on it: a mixture of normal distributions, cut off at the bounds, one around each
 * point and a wide one, the prior, around the middle. All weigh the same.
 *
 * <p>The adaptive Parzen estimator of Bergstra, Bardenet, Bengio and Kégl, "Algorithms for Hyper-Parameter Optimization"
 * (NeurIPS 2011), section 4.2: the standard deviation of a point is the distance to the farther of its two neighbors, the
 * bounds being neighbors too, but neither more than the interval nor less than its {@code min(100, n + 2)}-th part. The prior
 * has the interval.
 */
final class ParzenEstimator {

  private static final double MOST_PARTS = 100;
  private static final double SQRT_2_PI = Math.sqrt(2 * Math.PI);

  private final double low;
  private final double high;
  private final double[] means;
  private final double[] deviations;

  /** How much of each normal distribution lies within the bounds. */
  private final double[] inside;

  /**
   * Makes a density.
   *
   * @param points within the bounds, in any order
   */
  ParzenEstimator(double[] points, double low, double high) {
    this.low = low;
    this.high = high;
    double range = high - low;
    means = Arrays.copyOf(points, points.length + 1);
    means[points.length] = low + range / 2;
    Arrays.sort(means);
    int prior = Arrays.binarySearch(means, low + range / 2);
    deviations = new double[means.length];
    inside = new double[means.length];
    double least = range / Math.min(MOST_PARTS, means.length + 1.0);
    for (int i = 0; i < means.length; i++) {
      double left = means[i] - (i == 0 ? low : means[i - 1]);
      double right = (i == means.length - 1 ? high : means[i + 1]) - means[i];
      deviations[i] =
          i == prior ? range : Math.max(least, Math.min(range, Math.max(left, right)));
      inside[i] = below(high, i) - below(low, i);
    }
  }

  /** Draws a point. */
  double draw(Random random) {
    int i = random.nextInt(means.length);
    while (true) {
      double point = means[i] + deviations[i] * random.nextGaussian();
      if (point >= low && point <= high) {
        return point;
      }
    }
  }

  /** Returns the logarithm of the density at a point. */
  double logDensity(double point) {
    double sum = 0;
    for (int i = 0; i < means.length; i++) {
      double z = (point - means[i]) / deviations[i];
      sum += Math.exp(-0.5 * z * z) / (SQRT_2_PI * deviations[i] * inside[i]);
    }
    return Math.log(sum / means.length);
  }

  /** Returns the logarithm of the probability of an interval within the bounds. */
  double logProbability(double from, double to) {
    double sum = 0;
    for (int i = 0; i < means.length; i++) {
      sum += (below(to, i) - below(from, i)) / inside[i];
    }
    return Math.log(sum / means.length);
  }

  private double below(double point, int i) {
    return NormalDistribution.below((point - means[i]) / deviations[i]);
  }
}
