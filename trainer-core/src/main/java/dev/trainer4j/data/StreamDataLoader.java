// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Loads a stream, whose length is not known. */
record StreamDataLoader<T>(
    IterableDataset<T> dataset, DataCollator<? super T> collator, DataLoaderOptions options)
    implements DataLoader {

  StreamDataLoader {
    if (options.rebalance() != null) {
      throw new IllegalArgumentException(
          "rebalance is set, but the data is a stream, whose samples have no known length before they are"
              + " read: pass a Dataset with an index, or leave rebalance out.");
    }
  }

  @Override
  public OptionalLong sampleCount() {
    return OptionalLong.empty();
  }

  @Override
  public OptionalLong batchesPerEpoch() {
    return OptionalLong.empty();
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
    return new StreamDataLoader<>(dataset, collator, options.withBatchSize(samples));
  }

  @Override
  public BatchIterator iterate(NDManager parent, long epoch, long firstSample) {
    return iterate(parent, epoch, firstSample, null);
  }

  @Override
  public BatchIterator iterate(
      NDManager parent, long epoch, long firstSample, @Nullable Map<String, Object> streamState) {
    LoadingBatchIterator.requirePosition(epoch, firstSample);
    StreamReader<T> reader = new StreamReader<>(dataset, epoch, firstSample, streamState, options);
    return StagedBatchIterator.onDeviceOf(
        parent, options, manager -> new LoadingBatchIterator<>(reader, collator, manager, options));
  }
}
