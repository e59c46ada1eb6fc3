// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.args.TrainingArguments;

/** What a run is called where people look at it. */
final class RunName {

  private RunName() {}

  /** Returns {@code runName}, or else the name of the output folder. */
  static String of(TrainingArguments args) {
    return args.runName()
        .orElseGet(
            () -> String.valueOf(args.outputDir().toAbsolutePath().normalize().getFileName()));
  }
}
