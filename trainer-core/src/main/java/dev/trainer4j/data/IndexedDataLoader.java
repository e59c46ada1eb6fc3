// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDManager;
import java.util.OptionalLong;

/** Loads a dataset with an index; the order says how many of its samples make an epoch. */
record IndexedDataLoader<T>(
    Dataset<T> dataset, DataCollator<? super T> collator, DataLoaderOptions options)
    implements DataLoader {

  @Override
  public OptionalLong sampleCount() {
    return OptionalLong.of(order(0).size());
  }

  @Override
  public OptionalLong batchesPerEpoch() {
    long samples = order(0).size();
    long full = samples / batchSize();
    boolean oneMore = !options.dropLast() && samples % batchSize() > 0;
    return OptionalLong.of(oneMore ? full + 1 : full);
  }

  @Override
  public int batchSize() {
    return options.batchSize();
  }

  @Override
  public DataLoader withBatchSize(int samples) {
    return new IndexedDataLoader<>(dataset, collator, options.withBatchSize(samples));
  }

  @Override
  public BatchIterator iterate(NDManager parent, long epoch, long firstSample) {
    LoadingBatchIterator.requirePosition(epoch, firstSample);
    SampleOrder order = order(epoch);
    if (firstSample > order.size()) {
      throw new IllegalArgumentException(
          String.format(
              "firstSample is %d, but an epoch has only %d samples. Did the dataset shrink since"
                  + " the checkpoint?",
              firstSample, order.size()));
    }
    IndexedReader<T> reader = new IndexedReader<>(dataset, order, epoch, firstSample, options);
    return new LoadingBatchIterator<>(reader, collator, parent, options);
  }

  private SampleOrder order(long epoch) {
    return options.order().create(dataset.size(), epoch);
  }
}
