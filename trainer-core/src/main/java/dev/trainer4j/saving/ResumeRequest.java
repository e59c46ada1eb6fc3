// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a run is to start from.
 *
 * @param kind what to look for
 * @param path the folder, if one was named
 * @param changesAllowed whether the data may be other than the checkpoint's
 */
public record ResumeRequest(Kind kind, @Nullable Path path, boolean changesAllowed) {

  /** What to look for. */
  public enum Kind {
    /** Nothing: the model as it is. */
    NEVER,
    /** The newest intact checkpoint, of which there must be one. */
    LATEST,
    /** The newest intact checkpoint, or nothing where there is none at all. */
    LATEST_IF_ANY,
    /** The folder that was named. */
    PATH
  }

  /** Returns whether the output folder is looked into. */
  boolean readsOutputDir() {
    return kind == Kind.LATEST || kind == Kind.LATEST_IF_ANY;
  }
}
