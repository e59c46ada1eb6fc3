// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.nccl;

import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** Waits for what was submitted to a GPU, and for the end of patience. Nothing here talks to a GPU. */
final class Work {

  /** A collective of a bucket takes less than this; afterwards the processor is left to others. */
  private static final long SPIN_NANOS = 200_000;

  private static final long PARK_NANOS = 50_000;

  private Work() {}

  /** How a wait ended. */
  enum End {
    DONE,
    /** What was submitted has failed. */
    FAILED,
    /** The communicator has failed, as when another rank is gone. */
    BROKEN,
    TIMED_OUT
  }

  /**
   * An end, with the code of what failed.
   *
   * @param code CUDA's or NCCL's; 0 where there is none
   */
  record Outcome(End end, int code) {}

  /**
   * Waits.
   *
   * @param query what CUDA says of it: success, not ready, or an error
   * @param health what NCCL says of the communicator meanwhile
   */
  static Outcome await(IntSupplier query, IntSupplier health, long timeoutNanos) {
    long start = System.nanoTime();
    while (true) {
      int state = query.getAsInt();
      Outcome outcome = judge(state, health);
      if (outcome != null) {
        return outcome;
      }
      long waited = System.nanoTime() - start;
      if (waited >= timeoutNanos) {
        return new Outcome(End.TIMED_OUT, 0);
      }
      if (waited < SPIN_NANOS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(PARK_NANOS);
      }
    }
  }

  /** The health is asked after the state, also when the work is done: what a broken communicator left is nothing to go on with. */
  private static @Nullable Outcome judge(int state, IntSupplier health) {
    if (state != Cuda.SUCCESS && state != Cuda.NOT_READY) {
      return new Outcome(End.FAILED, state);
    }
    int result = health.getAsInt();
    if (result != Nccl.SUCCESS && result != Nccl.IN_PROGRESS) {
      return new Outcome(End.BROKEN, result);
    }
    return state == Cuda.SUCCESS ? new Outcome(End.DONE, 0) : null;
  }
}
