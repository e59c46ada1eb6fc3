// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import dev.trainer4j.data.Batch;
import dev.trainer4j.data.BatchIterator;

/** Batches, with the time that the loop waits for them on its clock. */
public final class TimedBatches implements BatchIterator {

  private final BatchIterator batches;
  private final PhaseClock clock;

  public TimedBatches(BatchIterator batches, PhaseClock clock) {
    this.batches = batches;
    this.clock = clock;
  }

  @Override
  public boolean hasNext() {
    long start = System.nanoTime();
    boolean more = batches.hasNext();
    clock.waitedForData(start);
    return more;
  }

  @Override
  public Batch next() {
    long start = System.nanoTime();
    Batch batch = batches.next();
    clock.waitedForData(start);
    return batch;
  }

  @Override
  public void close() {
    batches.close();
  }
}
