// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.process.ProcessGroup;
import java.io.IOException;

/**
 * The ranks of a run: those that share with each other, and those that hold the same shares.
 *
 * @param all every rank
 * @param sharing those that share one copy of everything; all of them, or those of a machine
 * @param alike those that hold the same share as this one, one of each copy
 */
public record ShardRanks(ProcessGroup all, ProcessGroup sharing, ProcessGroup alike)
    implements AutoCloseable {

  /** All ranks share one copy. */
  public static ShardRanks together(ProcessGroup all) {
    return new ShardRanks(all, all, ProcessGroup.single());
  }

  /**
   * The ranks of a machine share a copy, and every machine has one (HYBRID_SHARD). A collective.
   *
   * @throws IllegalStateException on all ranks, if machines have different numbers of ranks
   */
  public static ShardRanks byMachine(ProcessGroup all) {
    Agreement agreement = new Agreement(all);
    if (agreement.greatest(all.nodeRank()) == 0) {
      return together(all);
    }
    ProcessGroup sharing = all.split(all.nodeRank());
    try {
      agreement.requireSame("the number of ranks on a machine", sharing.worldSize());
      return new ShardRanks(all, sharing, all.split(sharing.rank()));
    } catch (RuntimeException e) {
      sharing.close();
      throw e;
    }
  }

  /** Replaces this rank's part of an array, which has one for each of {@link #sharing}, by the sum over all ranks. */
  void reduceScatter(NDArray whole, NDArray share) {
    sharing.reduceScatter(whole);
    if (alike.worldSize() > 1) {
      alike.allReduce(share);
    }
  }

  /** Runs what each rank does by itself, and fails on all ranks if it fails on one. */
  void failTogether(Agreement.Work work) throws IOException {
    new Agreement(all).failTogether(work);
  }

  /** Returns whether this rank's copy is the one that is saved. */
  boolean isFirstCopy() {
    return alike.rank() == 0;
  }

  /** Closes the groups that were made for this; {@link #all} stays its owner's. */
  @Override
  public void close() {
    if (alike != ProcessGroup.single()) {
      alike.close();
      sharing.close();
    }
  }
}
