// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Samples that can be read by index, in any order.
 *
 * <p>A data loader with workers calls {@link #get} from several threads at once: an implementation
 * must allow that. Closing a loader in the middle of an epoch interrupts its workers, and Java closes
 * a {@link java.nio.channels.FileChannel} whose reader is interrupted: map the file into memory, or
 * open it anew, rather than share a channel. {@link Datasets} makes the common datasets.
 *
 * @param <T> the type of a sample
 */
public non-sealed interface Dataset<T> extends DataSource<T> {

  /** Returns the number of samples; it must not change during a run. */
  long size();

  /**
   * Returns one sample. Called from the loader's worker threads.
   *
   * @param index from 0 to {@code size() - 1}
   * @return the sample; the same index should give the same sample, else a resumed run differs from
   *     an uninterrupted one
   */
  T get(long index);

  /**
   * Says where a sample comes from, for messages: {@code sample 17}, counted from 0, or of a file {@code rows.jsonl, line 18}.
   *
   * @param index from 0 to {@code size() - 1}
   */
  default String origin(long index) {
    return "sample " + index;
  }

  /**
   * Returns this data with each sample changed when it is asked for: on the loader's threads, and
   * again in each epoch. {@link CachedMap} does it once and keeps the result on disk.
   *
   * @param mapper gives the same result for the same sample; called from several threads
   */
  default <R> Dataset<R> map(Function<? super T, ? extends R> mapper) {
    return new DatasetViews.Mapped<>(this, mapper);
  }

  /**
   * Returns the samples for which a condition holds, in their order. Every sample is read once, at
   * once.
   */
  default Dataset<T> filter(Predicate<? super T> condition) {
    return DatasetViews.filter(this, condition);
  }

  /**
   * Returns the samples with these indices, in this order; one may appear more than once.
   *
   * @throws IllegalArgumentException if an index is out of range
   */
  default Dataset<T> select(long... indices) {
    return DatasetViews.select(this, indices);
  }

  /**
   * Returns the samples from an index on to before another one.
   *
   * @throws IllegalArgumentException if the range is not within this data
   */
  default Dataset<T> range(long start, long stop) {
    return DatasetViews.range(this, start, stop);
  }

  /**
   * Returns the samples in a random order, which depends on seed and size alone. Training needs none:
   * it has another order in each epoch anyway.
   */
  default Dataset<T> shuffle(long seed) {
    return new DatasetViews.Ordered<>(this, SampleOrder.shuffled(size(), seed, 0));
  }

  /** Returns the samples of this data and then those of another. */
  default Dataset<T> concat(Dataset<? extends T> other) {
    return new DatasetViews.Joined<>(this, other);
  }

  /**
   * Divides the samples at random into two sets; the same seed and size give the same sets.
   *
   * @param testSize the share that is for testing, above 0 and below 1; its count is rounded up, as
   *     in Hugging Face's Datasets
   * @throws IllegalArgumentException if one of the sets would be empty
   */
  default TrainTestSplit<T> trainTestSplit(double testSize, long seed) {
    return DatasetViews.split(this, testSize, seed);
  }
}
