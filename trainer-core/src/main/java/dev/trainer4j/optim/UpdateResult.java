// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

/**
 * What an update found and did.
 *
 * @param gradientNorm global L2 norm before clipping
 * @param lossSum sum of the micro batches' losses, over all ranks
 * @param stepTaken false if the parameters were left as they were
 * @param weight the weight of the losses, over all ranks
 */
public record UpdateResult(double gradientNorm, double lossSum, boolean stepTaken, double weight) {

  /** The result of losses without weight. */
  static UpdateResult nothing() {
    return new UpdateResult(0, 0, false, 0);
  }

  /** Returns whether norm and loss are numbers. */
  public boolean isFinite() {
    return Double.isFinite(gradientNorm) && Double.isFinite(lossSum);
  }
}
