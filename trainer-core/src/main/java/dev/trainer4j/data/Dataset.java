// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

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
}
