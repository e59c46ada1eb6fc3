// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.io.IOException;
import java.nio.file.Path;

/** The output folder is in use by another run, which the message names. */
public final class OutputDirLockedException extends IOException {
  private static final long serialVersionUID = 1L;

  OutputDirLockedException(Path outputDir, String owner) {
    super(
        "%s is in use by %s. Wait for it to end, stop it, or choose another outputDir."
            .formatted(outputDir, owner));
  }
}
