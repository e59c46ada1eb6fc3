// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

/** How a trial ended, the best first. */
public enum TrialState {
  /** It was trained to its end. */
  COMPLETED,
  /** It fell behind others and was ended at an evaluation. */
  PRUNED,
  /** It ended with an error, or its objective is not a number. */
  FAILED
}
