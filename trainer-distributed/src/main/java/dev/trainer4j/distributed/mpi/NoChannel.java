// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

/** Where not all ranks reach rank 0 over TCP, each judges alone. */
final class NoChannel implements Watch.Channel {

  @Override
  public Answer tell(RankReport report) {
    String unknown =
        "which rank does not come is not known, since not all of them reach rank 0 over TCP.";
    return new Answer(OwnWait.verdict(report, unknown), report.ending());
  }

  @Override
  public boolean isBroken() {
    return false;
  }
}
