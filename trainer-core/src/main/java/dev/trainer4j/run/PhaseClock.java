// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import dev.trainer4j.callback.LoopTimes;

/**
 * Adds up where the time of a run goes; a few looks at the clock for each micro batch.
 *
 * <p>Each {@code start} is a value of {@link System#nanoTime}.
 */
public final class PhaseClock {

  private long updates;
  private long microBatches;
  private long samples;
  private long dataWait;
  private long forwardBackward;
  private long optimizer;
  private long logging;
  private long evaluation;
  private long saving;

  void waitedForData(long start) {
    dataWait += System.nanoTime() - start;
  }

  public void ranForwardBackward(long start) {
    forwardBackward += System.nanoTime() - start;
  }

  public void ranOptimizer(long start) {
    optimizer += System.nanoTime() - start;
  }

  public void logged(long start) {
    logging += System.nanoTime() - start;
  }

  public void evaluated(long start) {
    evaluation += System.nanoTime() - start;
  }

  public void saved(long start) {
    saving += System.nanoTime() - start;
  }

  public void count(UpdateOutcome update) {
    updates++;
    microBatches += update.microBatches();
    samples += update.samples();
  }

  public LoopTimes times() {
    return new LoopTimes(
        updates,
        microBatches,
        samples,
        dataWait,
        forwardBackward,
        optimizer,
        logging,
        evaluation,
        saving);
  }
}
