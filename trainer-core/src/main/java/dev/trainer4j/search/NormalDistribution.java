// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

/** The standard normal distribution. */
final class NormalDistribution {

  private static final double SQRT_2_PI = Math.sqrt(2 * Math.PI);

  /** Above it the series loses digits, and below its negative the fraction has them all. */
  private static final double FAR = 2.5;

  private static final int TERMS = 60;

  private NormalDistribution() {}

  /**
   * Returns the probability of values below one, right to 13 digits: near 0 by the Taylor series {@code 1/2 + phi(z) (z + z^3/3 +
   * z^5/(3*5) + ...)} (Marsaglia, "Evaluating the Normal Distribution", Journal of Statistical Software 11(4), 2004), farther away
   * by Laplace's continued fraction {@code phi(z) / (z + 1/(z + 2/(z + 3/(z + ...))))} of the other side.
   */
  static double below(double z) {
    if (z > FAR) {
      return 1 - above(z);
    }
    if (z < -FAR) {
      return above(-z);
    }
    double sum = z;
    double before = 0;
    double term = z;
    for (int k = 3; sum != before; k += 2) {
      before = sum;
      term *= z * z / k;
      sum += term;
    }
    return 0.5 + sum * density(z);
  }

  private static double above(double z) {
    double fraction = z;
    for (int k = TERMS; k > 0; k--) {
      fraction = z + k / fraction;
    }
    return density(z) / fraction;
  }

  private static double density(double z) {
    return Math.exp(-0.5 * z * z) / SQRT_2_PI;
  }
}
