// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.Map;

/**
 * A stream that can go on where a checkpoint left off without reading what came before: one that
 * knows offsets, keys or tokens of its source.
 *
 * <p>Its state is saved in each checkpoint and belongs to the last sample that training consumed,
 * however far workers have read ahead. So the batch size and the number of workers may change.
 *
 * @param <T> the type of a sample
 */
public interface ResumableDataset<T> extends IterableDataset<T> {

  /** Opens a fresh iterator over the samples of an epoch. */
  @Override
  ResumableIterator<T> iterator(long epoch);

  /**
   * Opens an iterator that goes on in an epoch: it gives what the one that was saved would have
   * given next.
   *
   * @param epoch the 0-based epoch
   * @param state as {@link ResumableIterator#state} returned it in that epoch, read back from JSON:
   *     a number may be an Integer, Long or Double. It comes from a file: check it
   */
  ResumableIterator<T> resume(long epoch, Map<String, Object> state);
}
