// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where training starts from. */
public final class ResumeFrom {

  enum Kind {
    NEVER,
    LATEST,
    LATEST_IF_ANY,
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

  /**
   * Goes on from the newest intact checkpoint of {@code outputDir}, or starts from the model as it
   * is if there is no checkpoint at all. It is an error if there are some and none is intact.
   */
  public static ResumeFrom latestIfAny() {
    return new ResumeFrom(Kind.LATEST_IF_ANY, null, false);
  }

  /** Goes on from the checkpoint in {@code folder}; it is an error if that is damaged. */
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

  boolean readsOutputDir() {
    return kind == Kind.LATEST || kind == Kind.LATEST_IF_ANY;
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
