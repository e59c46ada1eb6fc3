// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

/** When a beam search that has found {@code numBeams} finished sequences ends ({@code early_stopping}). */
public enum EarlyStopping {
  /** When the best running beam, scored at its present length, cannot beat the worst finished one. The default. */
  FALSE,
  /** As soon as there are {@code numBeams} finished sequences. */
  TRUE,
  /** When no running beam can beat a finished one at any length up to the limit. */
  NEVER
}
