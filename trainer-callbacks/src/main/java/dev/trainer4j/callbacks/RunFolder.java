// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.args.TrainingArguments;
import java.nio.file.Path;

/** Where callbacks write. */
final class RunFolder {

  private RunFolder() {}

  /** Returns {@code loggingDir}, or else {@code outputDir}. */
  static Path of(TrainingArguments args) {
    return args.loggingDir().orElseGet(args::outputDir).toAbsolutePath().normalize();
  }
}
