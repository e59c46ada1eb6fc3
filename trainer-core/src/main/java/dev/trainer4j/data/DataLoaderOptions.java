// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

/**
 * How a {@link DataLoader} makes batches.
 *
 * @param batchSize samples per batch, at least 1; 8 by default
 * @param dropLast whether a last batch that is not full is left out; false by default
 * @param order the order of each epoch, for datasets with an index; sequential by default
 * @param workers threads that read and collate; 0, the default, means the caller's thread
 * @param prefetchFactor batches that each worker makes ahead, at least 1; 2 by default
 */
public record DataLoaderOptions(
    int batchSize, boolean dropLast, SampleOrder.Factory order, int workers, int prefetchFactor) {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the one that is out of its range
   */
  public DataLoaderOptions {
    requireAtLeast(1, batchSize, "batchSize");
    requireAtLeast(0, workers, "workers");
    requireAtLeast(1, prefetchFactor, "prefetchFactor");
  }

  /** Returns a builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  DataLoaderOptions withBatchSize(int samples) {
    return new DataLoaderOptions(samples, dropLast, order, workers, prefetchFactor);
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

    /**
     * Makes the options.
     *
     * @throws IllegalArgumentException naming the value that is out of its range
     */
    public DataLoaderOptions build() {
      return new DataLoaderOptions(batchSize, dropLast, order, workers, prefetchFactor);
    }
  }
}
