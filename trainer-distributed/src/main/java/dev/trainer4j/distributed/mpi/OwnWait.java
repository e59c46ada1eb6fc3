// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import org.jspecify.annotations.Nullable;

/** What a rank that hears nothing of the others can judge by: how long it waits itself. */
final class OwnWait {

  /** Ranks end a job one after the other, so that one of them says why. */
  private static final long STAGGER_MILLIS = 300;

  private static final long LONGEST_STAGGER_MILLIS = 10_000;

  private OwnWait() {}

  /**
   * Returns why this rank ends the job; null if it has not waited that long.
   *
   * @param silence why it knows no more
   */
  static @Nullable String verdict(RankReport report, String silence) {
    long late = Math.min(LONGEST_STAGGER_MILLIS, report.rank() * STAGGER_MILLIS);
    for (GroupReport group : report.groups()) {
      if (group.waitedMillis() >= report.timeoutMillis() + late) {
        return String.format(
            "rank %d has waited %d s (ddp_timeout) in %s of %s, and %s",
            report.rank(), report.timeoutMillis() / 1000, group.last(), group.group(), silence);
      }
    }
    return null;
  }
}
