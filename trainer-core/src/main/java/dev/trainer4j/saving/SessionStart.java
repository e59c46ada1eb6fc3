// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import dev.trainer4j.run.RunBefore;
import dev.trainer4j.run.TrainingPlan;
import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.state.TrainerState;

/** Makes the session of a run that begins or goes on. */
@FunctionalInterface
public interface SessionStart {

  /**
   * Makes a session at its start.
   *
   * @param plan how long the run is
   * @param past the history that it goes on from
   * @param before what a run computed with that this one goes on from
   */
  TrainingSession create(TrainingPlan plan, TrainerState past, RunBefore before);
}
