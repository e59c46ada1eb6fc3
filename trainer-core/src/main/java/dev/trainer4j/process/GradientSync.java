// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * What happens to gradients between the last backward pass of an update and their norm: ranks make them
 * those of the samples of all.
 *
 * <p>Losses are sums, and so are gradients: ranks add theirs up, and the optimizer divides by the weight of
 * the samples of all ranks. A rank that had no samples takes part with gradients of zero.
 */
public interface GradientSync extends AutoCloseable {

  /** Returns whether the gradients of this process are all there are, so that nothing needs to be done. */
  boolean isLocal();

  /**
   * Makes the gradients those of all ranks, in their own memory. A collective: all ranks give the same
   * arrays in the same order.
   *
   * @param gradients all that are trained, none of them missing; a parameter that took no part has zeros
   */
  void sum(List<NDArray> gradients);

  /** Releases what it keeps from one update to the next; by default nothing. */
  @Override
  default void close() {}

  /** Returns the one for a world of one: it leaves gradients alone. */
  static GradientSync none() {
    return NoSync.INSTANCE;
  }

  /**
   * Returns the one for ranks that hold the whole model each: gradients are added up over the group.
   *
   * @param bucketBytes of the gradients that are added up at once, from 1
   */
  static GradientSync dataParallel(ProcessGroup group, long bucketBytes) {
    return group.worldSize() == 1 ? none() : new DataParallelSync(group, bucketBytes);
  }
}
