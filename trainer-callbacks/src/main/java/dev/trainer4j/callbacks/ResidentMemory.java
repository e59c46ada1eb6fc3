// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The memory of this process as Linux counts it.
 *
 * @param bytes resident now ({@code VmRSS})
 * @param peakBytes the most that was ever resident ({@code VmHWM})
 */
record ResidentMemory(long bytes, long peakBytes) {

  private static final Path STATUS = Path.of("/proc/self/status");

  /** Looks; empty where the system does not tell. */
  static Optional<ResidentMemory> read() {
    if (!Files.isReadable(STATUS)) {
      return Optional.empty();
    }
    try {
      return parse(Files.readAllLines(STATUS, StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static Optional<ResidentMemory> parse(List<String> lines) {
    long resident = kibibytes(lines, "VmRSS:");
    long peak = kibibytes(lines, "VmHWM:");
    return resident < 0 || peak < 0
        ? Optional.empty()
        : Optional.of(new ResidentMemory(resident * 1024, peak * 1024));
  }

  private static long kibibytes(List<String> lines, String key) {
    for (String line : lines) {
      if (line.startsWith(key) && line.endsWith(" kB")) {
        String number = line.substring(key.length(), line.length() - 3).strip();
        return number.matches("[0-9]{1,15}") ? Long.parseLong(number) : -1;
      }
    }
    return -1;
  }
}
