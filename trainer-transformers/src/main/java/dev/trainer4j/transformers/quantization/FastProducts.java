// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.quantization;

import ai.djl.Device;
import dev.trainer4j.transformers.Dtype;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** In which type a machine multiplies fastest: known from the processor, so that a run that resumes finds the same. */
final class FastProducts {

  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  /** What Linux calls products of bfloat16 on x86 and on ARM. */
  private static final List<String> FLAGS = List.of("avx512_bf16", "amx_bf16", "bf16");

  private FastProducts() {}

  /** Returns bfloat16 for a GPU and for processors that say they have it, else float32. */
  static Dtype dtype(Device device) {
    return device.isGpu() || hasBfloat16(PROCESSORS) ? Dtype.BFLOAT16 : Dtype.FLOAT32;
  }

  static boolean hasBfloat16(Path processors) {
    try (BufferedReader lines = Files.newBufferedReader(processors)) {
      Optional<String> flags =
          lines.lines().filter(line -> line.matches("(flags|Features)\\s*:.*")).findFirst();
      return flags.isPresent()
          && Arrays.stream(flags.get().split("\\s+")).anyMatch(FLAGS::contains);
    } catch (IOException | UncheckedIOException e) {
      return false; // Not Linux.
    }
  }
}
