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
    BatchRebalance rebalance = options.rebalance();
    return OptionalLong.of(
        rebalance == null
            ? FixedBatches.rounds(samples, options)
            : rebalance.rounds(samples, options));
  }

  @Override
  public int batchSize() {
    return options.batchSize();
  }

  @Override
  public int worldSize() {
    return options.worldSize();
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
    IndexedReader<T> reader = new IndexedReader<>(dataset, plan(order, firstSample), epoch);
    return StagedBatchIterator.onDeviceOf(
        parent, options, manager -> new LoadingBatchIterator<>(reader, collator, manager, options));
  }

  private BatchPlan plan(SampleOrder order, long firstSample) {
    BatchRebalance rebalance = options.rebalance();
    return rebalance == null
        ? new FixedBatches(order, firstSample, options)
        : rebalance.plan(order, firstSample, options);
  }

  private SampleOrder order(long epoch) {
    return options.order().create(dataset.size(), epoch);
  }
}
