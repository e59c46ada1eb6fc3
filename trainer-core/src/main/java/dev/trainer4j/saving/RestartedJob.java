// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import dev.trainer4j.args.LaunchEnvironment;
import dev.trainer4j.checkpoint.CheckpointStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * A launcher that starts all ranks again after a failure means them to go on, also where the program says {@code train()}: from what
 * this job has saved, but not from what lay there when it began.
 *
 * @param began when the job began; empty if nothing was started again
 */
record RestartedJob(Optional<Instant> began) {

  static RestartedJob ofThisProcess() {
    return new RestartedJob(LaunchEnvironment.ofThisProcess().restartedSince());
  }

  boolean isOne() {
    return began.isPresent();
  }

  /** Returns the newest intact checkpoint of this job; empty if it has saved none. */
  Optional<Path> newest(CheckpointStore store) throws IOException {
    // A clock of the file system that is behind costs a repetition, and does no harm.
    return began.isPresent() ? store.latestValidSince(began.get()) : Optional.empty();
  }
}
