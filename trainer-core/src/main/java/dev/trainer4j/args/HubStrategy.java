// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

/** What is pushed to the Hub, and when. */
public enum HubStrategy {
  /** The model, once the run is over. */
  END,
  /** The model, whenever a checkpoint is saved. */
  EVERY_SAVE,
  /** The model and, in the folder {@code last-checkpoint}, the newest checkpoint, from which training resumes. */
  CHECKPOINT,
  /** The model and every checkpoint, each in its own folder. */
  ALL_CHECKPOINTS
}
