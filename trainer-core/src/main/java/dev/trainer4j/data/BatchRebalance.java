// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import org.jspecify.annotations.Nullable;

/**
 * Cuts the samples of each update into micro batches of similar cost instead of equal size: Hugging Face's
 * {@code batch_rebalance}.
 *
 * <p>The samples of an update are those that the order of the epoch gives. They are sorted by length and
 * cut so that all micro batches of all ranks cost about the same: few long samples in one, many short ones
 * in another. A micro batch of {@code n} samples, the longest of {@code L}, counts {@code nL + 0.001 nL²}.
 * Every rank computes the same plan. Each sample is used once an epoch, where Hugging Face's sampler repeats
 * some to fill a last update of fewer samples than micro batches.
 *
 * <p>Lengths are read once, from all samples, when the first epoch begins. Safe for use from several threads.
 */
public final class BatchRebalance {

  private final Dataset<?> dataset;
  private final String lengthField;
  private final int samplesPerUpdate;
  private int @Nullable [] lengths;

  private BatchRebalance(Dataset<?> dataset, String lengthField, int samplesPerUpdate) {
    this.dataset = dataset;
    this.lengthField = lengthField;
    this.samplesPerUpdate = samplesPerUpdate;
  }

  /**
   * Plans micro batches of similar cost.
   *
   * @param dataset the samples that are loaded: maps with a list {@code input_ids}, or a number under
   *     {@code lengthField}
   * @param lengthField the field of the lengths, used where a sample has it
   * @param samplesPerUpdate samples of an update, over all ranks: a multiple of the batch size times the
   *     world size, since {@link DataLoaderOptions#batchSize} is then the mean size of a micro batch
   * @throws IllegalArgumentException if {@code samplesPerUpdate} is below 1
   */
  public static BatchRebalance of(Dataset<?> dataset, String lengthField, int samplesPerUpdate) {
    if (samplesPerUpdate < 1) {
      throw new IllegalArgumentException(
          "samplesPerUpdate is " + samplesPerUpdate + ": give a number of at least 1.");
    }
    return new BatchRebalance(dataset, lengthField, samplesPerUpdate);
  }

  /** Checks that updates are cut into whole rounds of batches of this size. */
  void requireRounds(int batchSize, int worldSize) {
    if (samplesPerUpdate % ((long) batchSize * worldSize) != 0) {
      throw new IllegalArgumentException(
          String.format(
              "batchSize is %d and worldSize is %d, but an update has %d samples: give a batchSize that"
                  + " cuts it into whole rounds.",
              batchSize, worldSize, samplesPerUpdate));
    }
  }

  int samplesPerUpdate() {
    return samplesPerUpdate;
  }

  /** Returns the rounds of so many samples. */
  long rounds(long samples, DataLoaderOptions options) {
    long perUpdate = samplesPerUpdate / ((long) options.batchSize() * options.worldSize());
    long last = samples % samplesPerUpdate;
    long ofLast = (last + options.worldSize() - 1) / options.worldSize();
    return samples / samplesPerUpdate * perUpdate
        + (options.dropLast() ? 0 : Math.min(perUpdate, ofLast));
  }

  BatchPlan plan(SampleOrder order, long firstSample, DataLoaderOptions options) {
    return new BalancedBatches(order, lengths(), firstSample, samplesPerUpdate, options);
  }

  private synchronized int[] lengths() {
    int[] read = lengths;
    if (read == null) {
      read = SampleLengths.of(dataset, lengthField, "batch_rebalance");
      lengths = read;
    }
    return read;
  }
}
