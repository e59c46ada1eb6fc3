// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

/** How the samples of an epoch are cut into rounds, of one batch for each rank. */
interface BatchPlan {

  /** Returns the number of samples that all ranks together have in a round; 0 behind the last. */
  int roundSize(long round);

  /** Returns where in the epoch this rank's samples of a round begin. */
  long start(long round);

  /** Returns the samples of this rank in a round, in order; none where others have them all. */
  long[] indices(long round);
}
