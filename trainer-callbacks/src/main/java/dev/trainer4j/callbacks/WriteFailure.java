// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Says of a file of a run why it cannot be written, and what to do about that. */
final class WriteFailure {

  private WriteFailure() {}

  static UncheckedIOException of(Path file, IOException e) {
    return new UncheckedIOException(file + " cannot be written: " + reason(e), e);
  }

  /** Why, and what to do. */
  private static String reason(IOException e) {
    String reason = e.toString();
    if (e instanceof FileSystemException failure && failure.getReason() != null) {
      reason = failure.getReason();
    }
    if (reason.contains("symbolic link")) {
      return "it is a symbolic link, which is not written through, since in a shared folder it may be"
          + " anybody's; delete it, or name the place that it leads to, such as in loggingDir";
    }
    String lower = reason.toLowerCase(Locale.ROOT);
    boolean full =
        lower.contains("no space") || lower.contains("not enough space") || lower.contains("quota");
    return reason
        + "; "
        + (full
            ? "make room, or name another folder in loggingDir"
            : "name another folder in loggingDir");
  }

  /** Refuses a link where this module has chosen the name, before anything is written. */
  static void requireNoLink(Path path) throws IOException {
    if (Files.isSymbolicLink(path)) {
      throw new FileSystemException(path.toString(), null, "is a symbolic link");
    }
  }
}
