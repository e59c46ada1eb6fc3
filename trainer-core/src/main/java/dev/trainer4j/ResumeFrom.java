// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where training starts from. */
public final class ResumeFrom {

  enum Kind {
    NEVER,
    LATEST,
    PATH
  }

  private final Kind kind;
  private final @Nullable Path path;
  private final boolean changesAllowed;

  private ResumeFrom(Kind kind, @Nullable Path path, boolean changesAllowed) {
    this.kind = kind;
    this.path = path;
    this.changesAllowed = changesAllowed;
  }

  /** Starts from the model as it is. */
  public static ResumeFrom never() {
    return new ResumeFrom(Kind.NEVER, null, false);
  }

  /**
   * Goes on from the newest intact checkpoint of {@code outputDir}; it is an error if there is
   * none.
   */
  public static ResumeFrom latest() {
    return new ResumeFrom(Kind.LATEST, null, false);
  }

  /** Goes on from the checkpoint in {@code folder}. */
  public static ResumeFrom path(Path folder) {
    return new ResumeFrom(Kind.PATH, folder, false);
  }

  /**
   * Allows another seed or another number of samples than the checkpoint's, which otherwise is an
   * error, because the data then comes in another order.
   */
  public ResumeFrom allowChanges() {
    return new ResumeFrom(kind, path, true);
  }

  Kind kind() {
    return kind;
  }

  Path path() {
    if (path == null) {
      throw new IllegalStateException("no path was given");
    }
    return path;
  }

  boolean changesAllowed() {
    return changesAllowed;
  }
}
