// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** When something that repeats happens: an evaluation, a log line or a checkpoint. */
public enum IntervalStrategy {
  /** Never. */
  NO,
  /** Every so many updates. */
  STEPS,
  /** At the end of every epoch. */
  EPOCH,
  /** Whenever an evaluation finds a new best model; for {@code saveStrategy} only. */
  BEST
}
