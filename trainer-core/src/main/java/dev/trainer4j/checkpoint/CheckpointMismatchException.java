// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.nio.file.Path;
import java.util.List;

/** A checkpoint is intact, but belongs to another model, optimizer, data set or seed. */
public final class CheckpointMismatchException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;
  private static final int SHOWN = 5;

  /** Says what differs. */
  public CheckpointMismatchException(String message) {
    super(message);
  }

  /**
   * Says how tensors differ.
   *
   * @param what is being loaded, such as {@code optimizer}
   * @param problems at least one; the first few are shown
   */
  public static CheckpointMismatchException of(Path source, String what, List<String> problems) {
    int shown = Math.min(SHOWN, problems.size());
    return new CheckpointMismatchException(
        source
            + " belongs to another "
            + what
            + ": "
            + String.join("; ", problems.subList(0, shown))
            + (shown < problems.size() ? "; and " + (problems.size() - shown) + " more" : "")
            + ". Resume with the "
            + what
            + " that wrote it, or start without resuming");
  }
}
