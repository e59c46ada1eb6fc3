// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Reads a dataset by index: the samples of a batch follow from its number. */
final class IndexedReader<T> implements SampleReader<T> {

  private final Dataset<T> dataset;
  private final BatchPlan plan;
  private final long epoch;

  IndexedReader(Dataset<T> dataset, BatchPlan plan, long epoch) {
    this.dataset = dataset;
    this.plan = plan;
    this.epoch = epoch;
  }

  @Override
  public Samples<T> read(long batch) throws InterruptedException {
    long[] indices = plan.indices(batch);
    long start = plan.start(batch);
    List<T> samples = new ArrayList<>(indices.length);
    for (int i = 0; i < indices.length; i++) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
      samples.add(get(indices[i], start + i));
    }
    return new Samples<>(samples, plan.roundSize(batch), null);
  }

  private T get(long index, long position) {
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
    return new BatchPosition(epoch, plan.start(batch));
  }

  @Override
  public String describe(long batch) {
    return LongStream.of(plan.indices(batch))
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", "samples ", " of the dataset"));
  }

  @Override
  public void close() {}
}
