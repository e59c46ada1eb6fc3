// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.BatchIterator;
import dev.trainer4j.data.DataLoader;

/**
 * How the samples of an update are cut into micro batches: as the arguments say, or smaller where memory
 * did not suffice for these.
 *
 * <p>An update has the same samples either way. A loss is a sum and its weight, so it has the same
 * gradients, too.
 */
public final class MicroBatches {

  private final DataLoader planned;
  private final long samplesPerUpdate;
  private DataLoader loader;

  public MicroBatches(DataLoader planned, int perUpdate) {
    this.planned = planned;
    samplesPerUpdate = (long) planned.batchSize() * perUpdate;
    loader = planned;
  }

  /** Returns the loader of the micro batches as they are now. */
  public DataLoader loader() {
    return loader;
  }

  /** Returns the samples of a micro batch. */
  public int size() {
    return loader.batchSize();
  }

  /** Returns the samples of a micro batch as the arguments have it. */
  int plannedSize() {
    return planned.batchSize();
  }

  /** Returns the samples that all ranks together have in a round of micro batches as planned. */
  public long plannedRound() {
    return (long) plannedSize() * planned.worldSize();
  }

  /** Returns whether micro batches are smaller than the arguments have it. */
  public boolean isSplit() {
    return size() < plannedSize();
  }

  /** Returns the micro batches of a full update. */
  public int perUpdate() {
    return (int) (samplesPerUpdate / size());
  }

  /** Returns how many micro batches of the planned size so many samples are; {@code done} were made. */
  public int asPlanned(int done, long samples) {
    long whole = plannedRound();
    return isSplit() ? (int) ((samples + whole - 1) / whole) : done;
  }

  /** Takes about half the samples for a micro batch; returns false if it has one only. */
  public boolean shrink() {
    for (int smaller = size() / 2; smaller >= 1; smaller--) {
      if (fits(smaller)) {
        use(smaller);
        return true;
      }
    }
    return false;
  }

  /** Returns whether micro batches of so many samples are not larger than planned and fill an update. */
  public boolean fits(int samples) {
    return samples >= 1 && samples <= plannedSize() && samplesPerUpdate % samples == 0;
  }

  /**
   * Makes micro batches of so many samples from the next iterator on.
   *
   * @throws UnsupportedOperationException if the loader has one size only
   */
  public void use(int samples) {
    loader = samples == plannedSize() ? planned : planned.withBatchSize(samples);
  }

  /** Reads on from where a run stands. */
  public BatchIterator iterate(NDManager parent, TrainingProgress progress) {
    return loader.iterate(
        parent, progress.epoch(), progress.samplesInEpoch(), progress.streamState());
  }
}
