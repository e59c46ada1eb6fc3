// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.report;

import java.util.Map;

/** Run time and throughput under Hugging Face's names, with its number of digits. */
public final class Speed {

  private Speed() {}

  public static void put(
      Map<String, Double> metrics, String prefix, double seconds, long samples, long steps) {
    metrics.put(prefix + "runtime", rounded(seconds, 1e4));
    metrics.put(prefix + "samples_per_second", rounded(samples / seconds, 1e3));
    metrics.put(prefix + "steps_per_second", rounded(steps / seconds, 1e3));
  }

  private static double rounded(double value, double unit) {
    return Math.round(value * unit) / unit;
  }
}
