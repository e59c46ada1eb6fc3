// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

/** A checkpoint is intact, but belongs to another model, optimizer, data set or seed. */
public final class CheckpointMismatchException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  /** Says what differs. */
  public CheckpointMismatchException(String message) {
    super(message);
  }
}
