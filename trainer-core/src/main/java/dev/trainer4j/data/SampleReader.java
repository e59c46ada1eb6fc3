// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

/**
 * Reads this rank's samples of one epoch, batch by batch, for several threads at once. A rank has one batch
 * in each round, maybe an empty one. Each is asked for once, by the number of its round; the work on them
 * begins in their order.
 */
interface SampleReader<T> extends AutoCloseable {

  /**
   * Returns the samples of a batch, or an empty round at and after the end of the epoch.
   *
   * @throws DataException if a sample cannot be read, saying which one
   */
  Samples<T> read(long batch) throws InterruptedException;

  /** Says where a batch stands. */
  BatchPosition position(long batch);

  /** Says which samples a batch has, for the message of an error. */
  String describe(long batch);

  @Override
  void close();
}
