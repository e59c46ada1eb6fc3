// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Physical memory of this process as Linux tells it: heap, libtorch and everything else. */
final class ResidentMemory {

  private static final Path STATUS = Path.of("/proc/self/status");

  private ResidentMemory() {}

  /** Returns what is resident now, in kB. */
  static long nowKilobytes() {
    return field("VmRSS:");
  }

  /** Returns the most that ever was, in kB. */
  static long peakKilobytes() {
    return field("VmHWM:");
  }

  private static long field(String name) {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith(name))
          .map(line -> line.replaceAll("\\D", ""))
          .mapToLong(Long::parseLong)
          .findFirst()
          .orElseThrow(() -> new IllegalStateException(STATUS + " has no " + name));
    } catch (IOException e) {
      throw new UncheckedIOException("the benchmarks need Linux: cannot read " + STATUS, e);
    }
  }
}
