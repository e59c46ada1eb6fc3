// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

/**
 * Where the time of a call of {@code train()} has gone so far, on the clock of the thread that
 * trains.
 *
 * <p>Everything adds up from the start; what an update took is the difference of two of these, one
 * before and one after it. Work that a GPU does is counted where the thread waits for it: at the end
 * of the update, which asks for the loss.
 *
 * @param updates updates done
 * @param microBatches micro batches done
 * @param samples samples in them
 * @param dataWaitNanos waiting for batches, in nanoseconds like all that follows
 * @param forwardBackwardNanos forward and backward
 * @param optimizerNanos clipping, optimizer step, zeroing
 * @param loggingNanos log lines of training, callbacks included
 * @param evaluationNanos evaluations, callbacks included
 * @param savingNanos checkpoints, callbacks included
 */
public record LoopTimes(
    long updates,
    long microBatches,
    long samples,
    long dataWaitNanos,
    long forwardBackwardNanos,
    long optimizerNanos,
    long loggingNanos,
    long evaluationNanos,
    long savingNanos) {

  /** Nothing done yet. */
  public static final LoopTimes ZERO = new LoopTimes(0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** Returns what came after {@code earlier}. */
  public LoopTimes minus(LoopTimes earlier) {
    return new LoopTimes(
        updates - earlier.updates,
        microBatches - earlier.microBatches,
        samples - earlier.samples,
        dataWaitNanos - earlier.dataWaitNanos,
        forwardBackwardNanos - earlier.forwardBackwardNanos,
        optimizerNanos - earlier.optimizerNanos,
        loggingNanos - earlier.loggingNanos,
        evaluationNanos - earlier.evaluationNanos,
        savingNanos - earlier.savingNanos);
  }
}
