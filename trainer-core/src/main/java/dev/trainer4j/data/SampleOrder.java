// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

/**
 * The order of the samples in one epoch: says which sample stands at a position.
 *
 * <p>It is a function, not a list, so that a run continues at any position at once and without
 * memory. Safe for use from several threads.
 */
public interface SampleOrder {

  /** Returns the number of positions; an order may leave out some samples of the dataset. */
  long size();

  /**
   * Returns the index of the sample at a position.
   *
   * @param position from 0 to {@code size() - 1}
   * @throws IndexOutOfBoundsException if the position is outside of that range
   */
  long indexAt(long position);

  /**
   * The order of the dataset itself.
   *
   * @param size the number of samples, at least 0
   */
  static SampleOrder sequential(long size) {
    return new SequentialOrder(size);
  }

  /**
   * A random looking permutation that is a pure function of its arguments.
   *
   * @param size the number of samples, at least 0
   * @param seed the seed of the run
   * @param epoch the 0-based epoch; every epoch has another order
   */
  static SampleOrder shuffled(long size, long seed, long epoch) {
    return new ShuffledOrder(size, seed, epoch);
  }

  /**
   * Makes orders in which samples of similar length stand together, so that batches need little
   * padding: Hugging Face's {@code group_by_length}. Lengths are read once, from all samples, when the
   * first order is made; each epoch has its own order, a pure function of seed and epoch.
   *
   * @param dataset maps with a list {@code input_ids}, or a number under {@code lengthField}
   * @param lengthField the field of the lengths, used where a sample has it
   * @param batchSize samples of an update, over all ranks, which groups are multiples of
   * @param seed the seed of the run
   */
  static Factory lengthGrouped(Dataset<?> dataset, String lengthField, int batchSize, long seed) {
    int[][] lengths = new int[1][];
    return (size, epoch) -> {
      synchronized (lengths) {
        if (lengths[0] == null) {
          lengths[0] = SampleLengths.of(dataset, lengthField, "group_by_length");
        }
        return new LengthGroupedOrder(lengths[0], batchSize, seed, epoch);
      }
    };
  }

  /** Makes the order of each epoch. */
  @FunctionalInterface
  interface Factory {

    /**
     * Returns the order of an epoch.
     *
     * @param size the number of samples of the dataset
     * @param epoch the 0-based epoch
     * @return an order whose size does not depend on the epoch
     */
    SampleOrder create(long size, long epoch);
  }
}
