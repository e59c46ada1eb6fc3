// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.util.Locale;

/** Bytes as people read them. */
final class Sizes {

  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  private static final double STEP = 1024;

  private Sizes() {}

  static String text(double bytes) {
    int unit = 0;
    double value = bytes;
    while (value >= STEP && unit < UNITS.length - 1) {
      value /= STEP;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.2f %s", value, UNITS[unit]);
  }
}
