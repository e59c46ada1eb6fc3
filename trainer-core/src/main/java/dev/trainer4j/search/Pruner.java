// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.List;

/** Ends trials that fall behind others, at their evaluations. */
public sealed interface Pruner permits NoPruner, SuccessiveHalving {

  /** Returns one that lets every trial train to its end. */
  static Pruner none() {
    return new NoPruner();
  }

  /** Returns successive halving from the first evaluation on, of which a third goes on each time. */
  static Pruner asha() {
    return asha(1, 3);
  }

  /**
   * Returns asynchronous successive halving (ASHA; Li et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys
   * 2020), as it is for trials that are not taken up again: at its evaluations number {@code minEvaluations}, {@code
   * minEvaluations * reductionFactor}, {@code minEvaluations * reductionFactor^2}, ... a trial goes on only if it is among the
   * best {@code 1 / reductionFactor} of those that came as far.
   *
   * @param minEvaluations at least 1
   * @param reductionFactor at least 2
   */
  static Pruner asha(int minEvaluations, int reductionFactor) {
    return new SuccessiveHalving(minEvaluations, reductionFactor);
  }

  /**
   * Whether a trial ends now.
   *
   * @param costs of its evaluations so far, the last one of now; less is better
   * @param before those of each trial before it
   */
  boolean prunes(List<Double> costs, List<List<Double>> before);
}
