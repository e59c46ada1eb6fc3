// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What was found when a folder was checked against its manifest.
 *
 * @param folder the folder
 * @param status whether it can be resumed from
 * @param problems what is wrong, in sentences; empty exactly if the status is {@link Status#VALID}
 */
public record CheckpointVerification(Path folder, Status status, List<String> problems) {
  /** The possible outcomes. */
  public enum Status {
    /** Every file is there, byte for byte. */
    VALID,
    /**
     * Written by Hugging Face's Trainer, which leaves nothing to check it against: never taken for
     * the latest checkpoint, but may be opened by its path.
     */
    HUGGING_FACE,
    /** Damaged, incomplete or not a checkpoint at all. */
    DAMAGED
  }

  /**
   * Returns whether Hugging Face's Trainer wrote a folder, going by its files.
   *
   * @param folder any folder
   * @return false for one of ours, whole or not
   */
  public static boolean isOfHuggingFace(Path folder) {
    return !Files.exists(folder.resolve(Manifest.FILE_NAME))
        && CheckpointVerifier.verify(folder).status() == Status.HUGGING_FACE;
  }

  /** Copies the list. */
  public CheckpointVerification {
    problems = List.copyOf(problems);
  }

  /**
   * Returns whether the folder is a whole checkpoint.
   *
   * @return true for {@link Status#VALID}
   */
  public boolean isValid() {
    return status == Status.VALID;
  }

  /**
   * Sums up the problems.
   *
   * @return one line with at most the first five, empty if there are none
   */
  public String summary() {
    int shown = Math.min(5, problems.size());
    String text = String.join("; ", problems.subList(0, shown));
    return shown == problems.size() ? text : text + "; and " + (problems.size() - shown) + " more";
  }
}
