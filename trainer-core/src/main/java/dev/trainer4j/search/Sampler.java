// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Chooses the hyperparameters of trials: a function of the seed, the trial's number and the trials before it. */
interface Sampler {

  /**
   * Returns the hyperparameters of a trial; empty if there is no more to try.
   *
   * @param trial its number, from 0
   * @param before the trials that ended, in order
   */
  Optional<Map<String, Object>> suggest(int trial, List<TrialRecord> before);
}
