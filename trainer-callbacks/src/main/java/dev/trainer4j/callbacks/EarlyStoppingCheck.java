// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import org.jspecify.annotations.Nullable;

/**
 * The rule of early stopping, without any state of its own.
 *
 * @param patience evaluations in a row without improvement that end the training, at least 1
 * @param minDelta by how much a metric must beat the best so far, at least 0
 * @param relative whether {@code minDelta} is a share of the best so far
 */
record EarlyStoppingCheck(int patience, double minDelta, boolean relative) {

  EarlyStoppingCheck {
    if (patience < 1) {
      throw new IllegalArgumentException("patience must be at least 1, but is " + patience);
    }
    if (!(minDelta >= 0) || Double.isInfinite(minDelta)) {
      throw new IllegalArgumentException(
          "the least improvement must be a finite number of at least 0, but is " + minDelta);
    }
  }

  /**
   * Returns how many evaluations in a row have now brought no improvement.
   *
   * @param counter what this returned for the evaluation before, 0 at first
   * @param value the new metric
   * @param best the best metric before this evaluation, null if there was none
   */
  int count(int counter, double value, @Nullable Double best, boolean greaterIsBetter) {
    return improves(value, best, greaterIsBetter) ? 0 : counter + 1;
  }

  boolean isExhausted(int counter) {
    return counter >= patience;
  }

  private boolean improves(double value, @Nullable Double best, boolean greaterIsBetter) {
    // As in Hugging Face's callback the first evaluation counts as an improvement, even a NaN.
    if (best == null) {
      return true;
    }
    // Nothing compares with a NaN: any number is better, another NaN is not.
    if (best.isNaN()) {
      return !Double.isNaN(value);
    }
    // Infinite is the best of evaluations that gave no number; no share of it is meant.
    if (best.isInfinite()) {
      return greaterIsBetter ? value > best : value < best;
    }
    double gain = greaterIsBetter ? value - best : best - value;
    return gain > 0 && gain > (relative ? minDelta * Math.abs(best) : minDelta);
  }
}
