// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.Iterator;

/**
 * The batches of an epoch, one for each round; for use by one thread.
 *
 * <p>All ranks have the same number of rounds; {@link Batch#isEmpty} tells a rank that has no samples in
 * one.
 *
 * <p>{@link #hasNext} may block until the next batch is ready. {@link #next} throws a {@link
 * DataException} at the place of a batch that could not be made; the iterator then ends. Both throw
 * one, with the thread's interrupt flag set, if the thread is interrupted while it waits.
 */
public interface BatchIterator extends Iterator<Batch>, AutoCloseable {

  /**
   * Stops the workers and frees every batch that was not handed out yet; batches that were handed
   * out stay with their receiver. Returns when the worker threads have ended; more than once does
   * no harm.
   */
  @Override
  void close();
}
