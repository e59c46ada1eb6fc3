// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.args.TrainingArguments;
import java.nio.file.Path;

/** Where callbacks write unless they are told otherwise. */
final class LogFolder {

  private LogFolder() {}

  /** Returns {@code loggingDir}, or else {@code outputDir}. */
  static Path of(TrainingArguments args) {
    return args.loggingDir().orElse(args.outputDir());
  }
}
