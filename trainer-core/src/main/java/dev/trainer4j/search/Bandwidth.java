// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

/** How wide the kernels around trials are, for one hyperparameter. */
final class Bandwidth {

  /** What one trial alone says, and the most: a fifth of the range. */
  private static final double FIRST = 0.2;

  private static final double LEAST = 0.01;

  private Bandwidth() {}

  /**
   * Returns the standard deviation of a kernel as a share of the range, by Scott's rule ("Multivariate Density Estimation", 1992): that
   * of the places times {@code n^(-1/(d+4))}. Beside the places there is one that lies a fifth of the range from their mean, so that
   * few that agree by chance do not count as certain.
   *
   * @param places of the trials in the range, from 0 to 1
   * @param hyperparameters how many there are, d
   */
  static double of(double[] places, int hyperparameters) {
    int n = Math.max(1, places.length);
    double mean = 0;
    for (double place : places) {
      mean += place / n;
    }
    double squares = FIRST * FIRST;
    for (double place : places) {
      squares += (place - mean) * (place - mean);
    }
    double scott = Math.sqrt(squares / n) * Math.pow(n, -1.0 / (hyperparameters + 4));
    return Math.max(LEAST, Math.min(FIRST, scott));
  }
}
