// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/**
 * The tree-structured Parzen estimator of Bergstra, Bardenet, Bengio and Kégl, "Algorithms for Hyper-Parameter
 * Optimization" (NeurIPS 2011), section 4: of the trials so far the best ones give a density l(x), all others g(x), and of
 * some values drawn from l the one with the greatest l(x)/g(x), which is that of the greatest expected improvement, is
 * tried next. The densities are over all hyperparameters at once, as in BOHB (Falkner, Klein and Hutter, "Robust and Efficient
 * Hyperparameter Optimization at Scale", ICML 2018), so that what goes well only together is found.
 *
 * <p>The first 10 trials are random; the best are a tenth, rounded up, and at most 25; 24 values are drawn. A trial that was
 * pruned is worse than one that ended, and of two the one that was pruned earlier; one that failed is worse than both.
 */
final class TpeSampler implements Sampler {

  private static final int RANDOM_TRIALS = 10;
  private static final int MOST_GOOD = 25;
  private static final int CANDIDATES = 24;

  private final Map<String, ParameterRange> space;
  private final Direction direction;
  private final long seed;
  private final RandomSampler start;

  TpeSampler(Map<String, ParameterRange> space, Direction direction, long seed) {
    this.space = space;
    this.direction = direction;
    this.seed = seed;
    start = new RandomSampler(space, seed);
  }

  @Override
  public Optional<Map<String, Object>> suggest(int trial, List<TrialRecord> before) {
    if (before.size() < RANDOM_TRIALS) {
      return start.suggest(trial, before);
    }
    List<TrialRecord> ranked = before.stream().sorted(better()).toList();
    int good = Math.min(MOST_GOOD, (ranked.size() + 9) / 10);
    ParzenEstimator best = estimator(ranked.subList(0, good));
    ParzenEstimator others = estimator(ranked.subList(good, ranked.size()));
    Random random = RandomSampler.generator(seed, trial);
    return Stream.generate(() -> best.draw(random))
        .limit(CANDIDATES)
        .max(
            Comparator.comparingDouble(
                values -> best.logDensity(values) - others.logDensity(values)));
  }

  private ParzenEstimator estimator(List<TrialRecord> trials) {
    return new ParzenEstimator(space, trials.stream().map(TrialRecord::hyperparameters).toList());
  }

  private Comparator<TrialRecord> better() {
    return Comparator.comparing(TrialRecord::state)
        .thenComparing(
            trial -> trial.state() == TrialState.PRUNED ? -trial.evaluations().size() : 0)
        .thenComparing(trial -> trial.cost(direction))
        .thenComparing(TrialRecord::number);
  }
}
