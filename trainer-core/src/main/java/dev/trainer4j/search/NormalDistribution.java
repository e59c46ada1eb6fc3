// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

/** The standard normal distribution. */
final class NormalDistribution {

  private NormalDistribution() {}

  /**
   * Returns the probability of values below one; right to 1e-15 or so.
   *
   * <p>Marsaglia, "Evaluating the Normal Distribution" (Journal of Statistical Software 11(4), 2004): the Taylor series
   * {@code 1/2 + phi(z) (z + z^3/3 + z^5/(3*5) + ...)}.
   */
  static double below(double z) {
    if (z < -8 || z > 8) {
      return z < 0 ? 0 : 1;
    }
    double sum = z;
    double before = 0;
    double term = z;
    for (int k = 3; sum != before; k += 2) {
      before = sum;
      term *= z * z / k;
      sum += term;
    }
    return 0.5 + sum * Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
  }
}
