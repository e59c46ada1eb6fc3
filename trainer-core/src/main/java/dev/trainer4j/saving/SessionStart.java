// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.state.TrainerState;

/** Makes the session of a run that begins or goes on. */
@FunctionalInterface
public interface SessionStart {

  /**
   * Makes a session at its start.
   *
   * @param past the history that it goes on from
   * @param found the size of a micro batch to begin with; 0 for that of the arguments
   */
  TrainingSession create(TrainerState past, int found);
}
