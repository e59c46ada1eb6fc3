// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

/**
 * Batches of one size: the batches of the epoch are dealt in turn, as by the {@code BatchSamplerShard} of
 * Hugging Face's Accelerate, but none is dealt twice to fill the last round.
 *
 * @param firstSample the position of the first sample of the first round
 */
record FixedBatches(
    SampleOrder order, long firstSample, int batchSize, boolean dropLast, int rank, int worldSize)
    implements BatchPlan {

  FixedBatches(SampleOrder order, long firstSample, DataLoaderOptions options) {
    this(
        order,
        firstSample,
        options.batchSize(),
        options.dropLast(),
        options.rank(),
        options.worldSize());
  }

  /** Returns the rounds of so many samples. */
  static long rounds(long samples, DataLoaderOptions options) {
    long full = samples / options.batchSize();
    boolean oneMore = !options.dropLast() && samples % options.batchSize() > 0;
    long batches = oneMore ? full + 1 : full;
    return (batches + options.worldSize() - 1) / options.worldSize();
  }

  @Override
  public int roundSize(long round) {
    int samples = 0;
    for (int other = 0; other < worldSize; other++) {
      samples += size(start(round, other));
    }
    return samples;
  }

  @Override
  public long start(long round) {
    return start(round, rank);
  }

  @Override
  public long[] indices(long round) {
    long start = start(round);
    long[] indices = new long[size(start)];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = order.indexAt(start + i);
    }
    return indices;
  }

  private long start(long round, int ofRank) {
    return firstSample + (round * worldSize + ofRank) * batchSize;
  }

  private int size(long start) {
    int count = (int) Math.max(0, Math.min(batchSize, order.size() - start));
    return dropLast && count < batchSize ? 0 : count;
  }
}
