// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDManager;
import java.util.OptionalLong;

/** Loads a stream, whose length is not known. */
record StreamDataLoader<T>(
    IterableDataset<T> dataset, DataCollator<? super T> collator, DataLoaderOptions options)
    implements DataLoader {

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
  public BatchIterator iterate(NDManager parent, long epoch, long firstSample) {
    LoadingBatchIterator.requirePosition(epoch, firstSample);
    StreamReader<T> reader = new StreamReader<>(dataset, epoch, firstSample, options);
    return new LoadingBatchIterator<>(reader, collator, parent, options);
  }
}
