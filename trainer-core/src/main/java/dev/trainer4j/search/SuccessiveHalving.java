// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.List;

/** See {@link Pruner#asha(int, int)}. */
record SuccessiveHalving(int minEvaluations, int reductionFactor) implements Pruner {

  SuccessiveHalving {
    if (minEvaluations < 1) {
      throw new IllegalArgumentException(
          "minEvaluations is " + minEvaluations + ", expected a whole number of at least 1");
    }
    if (reductionFactor < 2) {
      throw new IllegalArgumentException(
          "reductionFactor is " + reductionFactor + ", expected a whole number of at least 2");
    }
  }

  @Override
  public boolean prunes(List<Double> costs, List<List<Double>> before) {
    int evaluation = costs.size();
    if (!isRung(evaluation)) {
      return false;
    }
    double mine = costs.get(evaluation - 1);
    List<Double> others =
        before.stream()
            .filter(trial -> trial.size() >= evaluation)
            .map(trial -> trial.get(evaluation - 1))
            .toList();
    // A cost that is not a number is worse than all; of equal ones the earlier trial is the better.
    long ahead = others.stream().filter(cost -> Double.compare(cost, mine) <= 0).count();
    int places = Math.max(1, (others.size() + 1) / reductionFactor);
    return Double.isNaN(mine) || ahead >= places;
  }

  private boolean isRung(int evaluation) {
    long rung = minEvaluations;
    while (rung < evaluation) {
      rung *= reductionFactor;
    }
    return rung == evaluation;
  }

  @Override
  public String toString() {
    return "asha(" + minEvaluations + ", " + reductionFactor + ")";
  }
}
