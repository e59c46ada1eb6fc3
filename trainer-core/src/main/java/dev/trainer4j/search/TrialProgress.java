// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.Map;
import java.util.Optional;

/** What the search knows of the trial that is being trained. */
interface TrialProgress {

  /**
   * Takes in what an evaluation came to.
   *
   * @param step updates made
   * @param metrics by name
   * @param atEnd whether training ends here anyway
   * @return whether the trial ends now
   */
  boolean evaluated(long step, Map<String, Double> metrics, boolean atEnd);

  /** Returns the last evaluation, if there was one, also one before a restart. */
  Optional<TrialEvaluation> last();
}
