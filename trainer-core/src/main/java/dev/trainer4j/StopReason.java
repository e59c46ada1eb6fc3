// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

/** Why training ended. */
public enum StopReason {
  /** All planned updates are done. */
  COMPLETED,
  /** A callback asked for the end. */
  CALLBACK,
  /** {@link Trainer#requestStop()} asked for the end. */
  REQUESTED,
  /** {@code maxTrainTime} is over. */
  TIME_LIMIT,
  /**
   * The process was asked to end by SIGTERM or SIGINT, and {@code enableJitCheckpoint} is set. The
   * program should now end itself.
   */
  SIGNAL
}
