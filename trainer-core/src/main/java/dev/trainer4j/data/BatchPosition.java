// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

/**
 * Where the samples of a batch stand: what random choices of a collator may depend on, so that a
 * resumed run makes the same ones.
 *
 * @param epoch the 0-based epoch
 * @param firstSample the 0-based position in the epoch, as all ranks share it, of the first sample of the
 *     batch; the others follow it
 */
public record BatchPosition(long epoch, long firstSample) {

  /** Refuses negative numbers. */
  public BatchPosition {
    if (epoch < 0 || firstSample < 0) {
      throw new IllegalArgumentException(
          "epoch is "
              + epoch
              + " and firstSample is "
              + firstSample
              + ": neither may be negative.");
    }
  }
}
