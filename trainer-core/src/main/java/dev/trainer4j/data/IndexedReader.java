// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Reads a dataset by index: the place of a batch follows from its number. */
final class IndexedReader<T> implements SampleReader<T> {

  private final Dataset<T> dataset;
  private final SampleOrder order;
  private final long epoch;
  private final long firstSample;
  private final int batchSize;
  private final boolean dropLast;

  IndexedReader(
      Dataset<T> dataset,
      SampleOrder order,
      long epoch,
      long firstSample,
      DataLoaderOptions options) {
    this.dataset = dataset;
    this.order = order;
    this.epoch = epoch;
    this.firstSample = firstSample;
    this.batchSize = options.batchSize();
    this.dropLast = options.dropLast();
  }

  @Override
  public Samples<T> read(long batch) throws InterruptedException {
    List<T> samples = new ArrayList<>(batchSize);
    for (long position : positions(batch).toArray()) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
      samples.add(get(position));
    }
    return new Samples<>(samples, null);
  }

  private T get(long position) {
    long index = order.indexAt(position);
    try {
      return dataset.get(index);
    } catch (RuntimeException e) {
      throw new DataException(
          String.format(
              "Sample %d of the dataset (position %d of the epoch) cannot be read: %s",
              index, position, e),
          e);
    }
  }

  @Override
  public BatchPosition position(long batch) {
    return new BatchPosition(epoch, firstSample + batch * batchSize);
  }

  @Override
  public String describe(long batch) {
    return positions(batch)
        .map(order::indexAt)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", "samples ", " of the dataset"));
  }

  private LongStream positions(long batch) {
    long start = firstSample + batch * batchSize;
    long count = Math.min(batchSize, order.size() - start);
    boolean none = count <= 0 || (dropLast && count < batchSize);
    return none ? LongStream.empty() : LongStream.range(start, start + count);
  }

  @Override
  public void close() {}
}
