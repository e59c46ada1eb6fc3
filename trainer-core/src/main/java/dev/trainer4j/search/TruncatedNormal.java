// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.Random;

/** A normal distribution that is cut off at the bounds of an interval. */
final class TruncatedNormal {

  private static final double LOG_SQRT_2_PI = 0.5 * Math.log(2 * Math.PI);

  private final double mean;
  private final double deviation;
  private final double low;
  private final double high;

  /** How much of the whole distribution lies between the bounds. */
  private final double inside;

  TruncatedNormal(double mean, double deviation, double low, double high) {
    this.mean = mean;
    this.deviation = deviation;
    this.low = low;
    this.high = high;
    inside = between(low, high);
  }

  /** Draws a point. */
  double draw(Random random) {
    while (true) {
      double point = mean + deviation * random.nextGaussian();
      if (point >= low && point <= high) {
        return point;
      }
    }
  }

  /** Returns the logarithm of the density at a point between the bounds. */
  double logDensity(double point) {
    double z = (point - mean) / deviation;
    return -0.5 * z * z - LOG_SQRT_2_PI - Math.log(deviation * inside);
  }

  /** Returns the logarithm of the probability of an interval between the bounds. */
  double logProbability(double from, double to) {
    return Math.log(between(from, to) / inside);
  }

  private double between(double from, double to) {
    double a = (from - mean) / deviation;
    double b = (to - mean) / deviation;
    // Both far above the mean, the difference of numbers near 1 would be lost.
    return a > 0
        ? NormalDistribution.below(-a) - NormalDistribution.below(-b)
        : NormalDistribution.below(b) - NormalDistribution.below(a);
  }
}
