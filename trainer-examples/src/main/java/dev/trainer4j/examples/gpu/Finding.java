// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import java.util.Map;
import java.util.TreeMap;

/**
 * What a step found.
 *
 * @param found for a reader
 * @param figures the same for a program, by name
 */
record Finding(Verdict verdict, String found, Map<String, Double> figures) {

  Finding {
    figures = new TreeMap<>(figures);
  }

  /** A verdict that needs a comparison with another device than the CPU. */
  static Finding onGpu(Lab lab, boolean asExpected, String found, Map<String, Double> figures) {
    Verdict otherwise = asExpected ? Verdict.OK : Verdict.FAULT;
    boolean open = asExpected && !lab.isGpu();
    return new Finding(open ? Verdict.NEEDS_A_CARD : otherwise, found, figures);
  }

  /** A verdict that holds on any device. */
  static Finding of(boolean asExpected, String found) {
    return new Finding(asExpected ? Verdict.OK : Verdict.FAULT, found, Map.of());
  }

  static Finding measured(Lab lab, String found, Map<String, Double> figures) {
    return new Finding(lab.isGpu() ? Verdict.MEASURED : Verdict.NEEDS_A_CARD, found, figures);
  }
}
