// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import org.jspecify.annotations.Nullable;

/**
 * How a {@link DataLoader} makes batches.
 *
 * <p>In a world of several ranks, batch {@code j} of rank {@code r} is batch {@code j * worldSize + r} of the
 * epoch, so the ranks' batches of one round follow each other, whatever the number of ranks.
 *
 * @param batchSize samples per batch, at least 1; 8 by default
 * @param dropLast whether a last batch that is not full is left out (with {@code rebalance}, a last update
 *     that is not full); false by default
 * @param order the order of each epoch, for datasets with an index; sequential by default
 * @param workers threads that read and collate; 0, the default, means the caller's thread
 * @param prefetchFactor batches that each worker makes ahead, at least 1; 2 by default
 * @param pinMemory whether batches for a GPU are copied from pinned memory, without waiting; true by default. On a CPU
 *     it does nothing
 * @param rank which of the ranks loads, from 0; 0 by default
 * @param worldSize the number of ranks that share the samples, at least 1; 1 by default
 * @param rebalance cuts updates into batches of similar cost, for datasets with an index; null, the default,
 *     for batches of one size
 */
public record DataLoaderOptions(
    int batchSize,
    boolean dropLast,
    SampleOrder.Factory order,
    int workers,
    int prefetchFactor,
    boolean pinMemory,
    int rank,
    int worldSize,
    @Nullable BatchRebalance rebalance) {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the one that is out of its range
   */
  public DataLoaderOptions {
    requireAtLeast(1, batchSize, "batchSize");
    requireAtLeast(0, workers, "workers");
    requireAtLeast(1, prefetchFactor, "prefetchFactor");
    requireAtLeast(1, worldSize, "worldSize");
    if (rank < 0 || rank >= worldSize) {
      throw new IllegalArgumentException(
          "rank is "
              + rank
              + ": give a number from 0 to worldSize - 1, which is "
              + (worldSize - 1)
              + ".");
    }
    if (rebalance != null) {
      rebalance.requireRounds(batchSize, worldSize);
    }
  }

  /** Returns a builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  DataLoaderOptions withBatchSize(int samples) {
    return new DataLoaderOptions(
        samples, dropLast, order, workers, prefetchFactor, pinMemory, rank, worldSize, rebalance);
  }

  /** The number of batches that may be under way at the same time. */
  int batchesAhead() {
    return Math.max(1, Math.multiplyExact(workers, prefetchFactor));
  }

  private static void requireAtLeast(int least, int value, String name) {
    if (value < least) {
      throw new IllegalArgumentException(
          name + " is " + value + ": give a number of at least " + least + ".");
    }
  }

  /** Collects {@link DataLoaderOptions}. */
  public static final class Builder {

    private int batchSize = 8;
    private boolean dropLast;
    private SampleOrder.Factory order = (size, epoch) -> SampleOrder.sequential(size);
    private int workers;
    private int prefetchFactor = 2;
    private boolean pinMemory = true;
    private int rank;
    private int worldSize = 1;
    private @Nullable BatchRebalance rebalance;

    private Builder() {}

    /** Sets the samples per batch. */
    public Builder batchSize(int samples) {
      batchSize = samples;
      return this;
    }

    /** Sets whether a last batch that is not full is left out. */
    public Builder dropLast(boolean drop) {
      dropLast = drop;
      return this;
    }

    /** Sets the order of each epoch; a stream ignores it. */
    public Builder order(SampleOrder.Factory factory) {
      order = factory;
      return this;
    }

    /** Sets the threads that read and collate. */
    public Builder workers(int threads) {
      workers = threads;
      return this;
    }

    /** Sets the batches that each worker makes ahead. */
    public Builder prefetchFactor(int batches) {
      prefetchFactor = batches;
      return this;
    }

    /** Sets whether batches for a GPU are copied from pinned memory. */
    public Builder pinMemory(boolean pin) {
      pinMemory = pin;
      return this;
    }

    /**
     * Sets which part of the samples is loaded.
     *
     * @param ofRank the rank that loads, from 0
     * @param ranks the number of ranks that share the samples
     */
    public Builder world(int ofRank, int ranks) {
      rank = ofRank;
      worldSize = ranks;
      return this;
    }

    /** Sets what cuts updates into batches of similar cost; null for batches of one size. */
    public Builder rebalance(@Nullable BatchRebalance plan) {
      rebalance = plan;
      return this;
    }

    /**
     * Makes the options.
     *
     * @throws IllegalArgumentException naming the value that is out of its range
     */
    public DataLoaderOptions build() {
      return new DataLoaderOptions(
          batchSize,
          dropLast,
          order,
          workers,
          prefetchFactor,
          pinMemory,
          rank,
          worldSize,
          rebalance);
    }
  }
}
