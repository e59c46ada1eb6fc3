// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * What ranks that train one model together do between backward and the optimizer's step: every number
 * that decides an update is made the same on all of them.
 *
 * <p>All ranks call the same methods in the same order. In a world of one there is nothing to do, and
 * {@link #none} says so.
 */
public interface GradientSync {

  /** Returns whether there is nothing to synchronize: then a whole update may be one kernel. */
  boolean isNone();

  /** Returns the sums over all ranks, element by element. */
  double[] sum(double... values);

  /** Returns the greatest of the ranks' values. */
  double max(double value);

  /** Returns whether all ranks say yes. */
  boolean all(boolean mine);

  /** Returns, element by element, whether any rank says yes. */
  boolean[] any(boolean[] mine);

  /**
   * Replaces gradients by their sums over all ranks.
   *
   * @param gradients arrays of the same shapes in the same order on each rank
   */
  void synchronize(List<NDArray> gradients);

  /** Returns what a world of one does: nothing. */
  static GradientSync none() {
    return NoSync.INSTANCE;
  }
}
