// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Says of a failed save what failed, where, and what to do. */
final class CommitFailure {
  private static final long MEBIBYTE = 1L << 20;

  private CommitFailure() {}

  static CheckpointException describe(Path target, String doing, IOException cause) {
    return new CheckpointException(
        "Cannot save %s: %s failed: %s. %s. No checkpoint was written; earlier ones stand."
            .formatted(target, doing, reason(cause), advice(target, cause)),
        cause);
  }

  private static String reason(IOException cause) {
    if (cause instanceof FileSystemException failure) {
      String reason = failure.getReason();
      return failure.getFile()
          + ": "
          + (reason == null ? cause.getClass().getSimpleName() : reason);
    }
    String message = cause.getMessage();
    return message == null ? cause.toString() : message;
  }

  private static String advice(Path target, IOException cause) {
    if (isInterrupt(cause)) {
      return "The thread was interrupted while it wrote; save again";
    }
    String reason = reason(cause).toLowerCase(Locale.ROOT);
    if (reason.contains("no space") || reason.contains("not enough space") || isQuota(reason)) {
      return "Free disk space" + usable(target) + " or keep fewer checkpoints (saveTotalLimit)";
    }
    if (cause instanceof AccessDeniedException || reason.contains("read-only")) {
      return "Make the folder writable or choose another outputDir";
    }
    return "Check outputDir and its disk" + usable(target);
  }

  /** The disk has nothing to do with it, whatever the failure that wraps it says. */
  private static boolean isInterrupt(@Nullable Throwable cause) {
    return cause != null
        && (cause instanceof ClosedByInterruptException
            || cause instanceof InterruptedIOException
            || isInterrupt(cause.getCause()));
  }

  private static boolean isQuota(String reason) {
    return reason.contains("quota");
  }

  private static String usable(Path target) {
    try {
      Path outputDir = target.toAbsolutePath().getParent();
      long bytes = Files.getFileStore(outputDir).getUsableSpace();
      return " (" + bytes / MEBIBYTE + " MiB are usable)";
    } catch (IOException e) {
      return ""; // There may be no folder yet; the failure itself is what matters.
    }
  }
}
