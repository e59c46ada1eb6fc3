// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;

/** Draws each hyperparameter on its own, whatever came before. */
final class RandomSampler implements Sampler {

  private final Map<String, ParameterRange> space;
  private final long seed;

  RandomSampler(Map<String, ParameterRange> space, long seed) {
    this.space = space;
    this.seed = seed;
  }

  @Override
  public Optional<Map<String, Object>> suggest(int trial, List<TrialRecord> before) {
    Random random = generator(seed, trial);
    Map<String, Object> values = new LinkedHashMap<>();
    space.forEach((name, range) -> values.put(name, range.draw(random)));
    return Optional.of(values);
  }

  /** Returns the random numbers of a trial, which are those of no other. */
  static Random generator(long seed, int trial) {
    // Seeds of Random that differ by little give first numbers that differ by little.
    return new Random(new SplittableRandom(seed * 0x9E3779B97F4A7C15L + trial).nextLong());
  }
}
