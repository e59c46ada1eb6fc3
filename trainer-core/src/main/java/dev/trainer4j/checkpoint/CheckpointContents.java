// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.io.IOException;
import java.nio.file.Path;

/** Writes the files of a checkpoint. */
@FunctionalInterface
public interface CheckpointContents {
  /**
   * Writes regular files, in sub-folders where wanted; no links, and no {@code manifest.json}.
   *
   * <p>Nothing needs to be synced to disk: the store does that. The folder is renamed afterwards,
   * so its path must not be remembered.
   *
   * @param folder an empty folder
   * @throws IOException if a file cannot be written; then no checkpoint comes into being
   */
  void writeTo(Path folder) throws IOException;
}
