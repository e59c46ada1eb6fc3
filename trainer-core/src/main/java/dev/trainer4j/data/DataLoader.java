// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Cuts the epochs of a dataset into batches. Holds no state: every iterator is independent. */
public interface DataLoader {

  /** Returns the samples per epoch before any is dropped; empty for a stream. */
  OptionalLong sampleCount();

  /**
   * Returns the batches per epoch of one rank, counted from its first sample and after dropping; empty for
   * a stream. All ranks have the same number.
   */
  OptionalLong batchesPerEpoch();

  /**
   * Returns the samples per batch; the last batch of an epoch may have fewer. With {@link
   * DataLoaderOptions#rebalance} it is their mean.
   */
  int batchSize();

  /** Returns the number of ranks that share the samples; 1 for a loader that knows of no ranks. */
  default int worldSize() {
    return 1;
  }

  /**
   * Returns a loader of the same samples in the same order, in batches of another size.
   *
   * @param samples per batch, at least 1
   * @throws UnsupportedOperationException if this kind of loader has one size only
   */
  default DataLoader withBatchSize(int samples) {
    throw new UnsupportedOperationException(
        getClass().getName()
            + " makes batches of one size only; implement DataLoader.withBatchSize, or use"
            + " DataLoader.of");
  }

  /**
   * Starts an epoch, anywhere inside it: at once for a dataset with an index, by reading and
   * dropping samples for a stream.
   *
   * @param parent gets one child per batch; must stay open as long as the iterator is used
   * @param epoch the 0-based epoch
   * @param firstSample the number of samples of the epoch to leave out: those that all ranks have used.
   *     Need not be a multiple of the batch size or of a round
   * @throws IllegalArgumentException if the epoch or the first sample is negative, or the dataset
   *     has fewer samples
   */
  BatchIterator iterate(NDManager parent, long epoch, long firstSample);

  /**
   * Starts an epoch anywhere inside it, where a {@link ResumableDataset} can tell the place by its
   * own state; for other data the same as without.
   *
   * @param streamState what {@link Batch#streamState} of the batch before held; null at the start of
   *     an epoch and for data that has none
   */
  default BatchIterator iterate(
      NDManager parent, long epoch, long firstSample, @Nullable Map<String, Object> streamState) {
    return iterate(parent, epoch, firstSample);
  }

  /**
   * Returns a loader for samples with an index.
   *
   * @param dataset the samples
   * @param collator makes a batch of samples
   * @param options the size of the batches, their order and the workers
   */
  static <T> DataLoader of(
      Dataset<T> dataset, DataCollator<? super T> collator, DataLoaderOptions options) {
    return new IndexedDataLoader<>(dataset, collator, options);
  }

  /**
   * Returns a loader for a stream of samples, in the order of the stream. Workers collate in
   * parallel; the stream itself is read by one at a time.
   *
   * @param dataset the samples
   * @param collator makes a batch of samples
   * @param options the size of the batches and the workers; the order is not used
   */
  static <T> DataLoader of(
      IterableDataset<T> dataset, DataCollator<? super T> collator, DataLoaderOptions options) {
    return new StreamDataLoader<>(dataset, collator, options);
  }
}
