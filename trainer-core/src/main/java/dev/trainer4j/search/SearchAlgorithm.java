// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.List;
import java.util.Map;

/** How the hyperparameters of the next trial are chosen. */
public enum SearchAlgorithm {
  /** Drawn, whatever came before. */
  RANDOM,
  /** All combinations, one after the other; for choices and few whole numbers. */
  GRID,
  /** The tree-structured Parzen estimator (Bergstra et al. 2011): drawn near what went well; for one direction. */
  TPE;

  Sampler sampler(Map<String, ParameterRange> space, List<Direction> directions, long seed) {
    return switch (this) {
      case RANDOM -> new RandomSampler(space, seed);
      case GRID -> new GridSampler(space);
      case TPE -> new TpeSampler(space, directions.get(0), seed);
    };
  }
}
