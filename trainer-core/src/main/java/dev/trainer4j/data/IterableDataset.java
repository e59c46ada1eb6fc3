// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.Iterator;

/**
 * Samples that can only be read one after the other, such as those of a large file or a query; the
 * number of them is not known.
 *
 * @param <T> the type of a sample
 */
@FunctionalInterface
public non-sealed interface IterableDataset<T> extends DataSource<T> {

  /**
   * Opens a fresh iterator over the samples of an epoch.
   *
   * <p>The loader reads it from one thread at a time, not always the same one, and closes it if it
   * is {@link AutoCloseable}. A resumed run reads and drops the samples that were already used, so
   * the same epoch should give the same samples; a {@link ResumableDataset} goes on without that.
   *
   * @param epoch the 0-based epoch, for a stream that shuffles or reads other shards in each
   */
  Iterator<T> iterator(long epoch);
}
