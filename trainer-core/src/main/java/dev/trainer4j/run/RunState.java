// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.TrainerState;

/** Where a trainer stands: in its run, after its last one, or before the first. */
public final class RunState {

  private TrainingProgress progress;

  /** Begins before the first run of a process of several, or of the only one. */
  public RunState(ProcessGroup processes) {
    TrainerState state =
        TrainerState.initial().inProcess(processes.localRank() == 0, processes.isMain());
    progress = new TrainingProgress(TrainingPlan.none(), state);
  }

  /** Follows the counters of another run from now on. */
  public void follow(TrainingProgress current) {
    progress = current;
  }

  /** Returns the counters. */
  public TrainingProgress progress() {
    return progress;
  }

  /** Returns what callbacks and users see. */
  public TrainerState snapshot() {
    return progress.snapshot();
  }
}
