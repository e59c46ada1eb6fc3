// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

/**
 * What an update found and did.
 *
 * @param gradientNorm global L2 norm before clipping
 * @param lossSum sum of the micro batches' losses
 * @param stepTaken false if the parameters were left as they were
 */
public record UpdateResult(double gradientNorm, double lossSum, boolean stepTaken) {

  /** Returns whether norm and loss are numbers. */
  public boolean isFinite() {
    return Double.isFinite(gradientNorm) && Double.isFinite(lossSum);
  }
}
