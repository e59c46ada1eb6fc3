// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.folder;

import dev.trainer4j.transformers.Dtype;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The type of weights as a flag: by the short names of mixed precision, or those of PyTorch. */
final class DtypeFlag {
  private DtypeFlag() {}

  /** Reads {@code fp32}, {@code bf16}, {@code fp16}, or PyTorch's names of them. */
  static Dtype read(CommandLine command, String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "fp32", "float32" -> Dtype.FLOAT32;
      case "bf16", "bfloat16" -> Dtype.BFLOAT16;
      case "fp16", "float16" -> Dtype.FLOAT16;
      default ->
          throw new ParameterException(
              command, "--dtype is '" + text + "', expected fp32, bf16 or fp16.");
    };
  }
}
