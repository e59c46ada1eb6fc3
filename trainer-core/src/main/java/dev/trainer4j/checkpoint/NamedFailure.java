// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** A failure with the file that it is about: a full disk is reported without the file that did not fit. */
final class NamedFailure {
  private NamedFailure() {}

  static FileSystemException of(Path file, IOException cause) {
    FileSystemException named = new FileSystemException(file.toString(), null, reason(cause));
    named.initCause(cause);
    return named;
  }

  private static String reason(IOException cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
