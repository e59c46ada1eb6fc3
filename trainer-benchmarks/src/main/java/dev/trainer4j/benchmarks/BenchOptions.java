// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * What {@link Bench} was asked for.
 *
 * @param name the case's name
 * @param benchCase the case
 * @param steps updates that are timed, at least 1
 */
record BenchOptions(String name, BenchCase benchCase, int steps) {

  private static final Map<String, BenchCase> CASES =
      new TreeMap<>(
          Map.of(
              "mlp", new MlpCase(),
              "bert-tiny", TokenCase.BERT_TINY,
              "bert-base", TokenCase.BERT_BASE,
              "gpt2-mini", TokenCase.GPT2_MINI));

  /**
   * Reads {@code CASE STEPS [bf16]}.
   *
   * @throws IllegalArgumentException saying what is wrong and what was expected
   */
  static BenchOptions parse(String... arguments) {
    if (arguments.length < 2 || arguments.length > 3) {
      throw new IllegalArgumentException(
          "expected CASE STEPS [bf16], but got " + Arrays.toString(arguments));
    }
    BenchCase found = CASES.get(arguments[0]);
    if (found == null) {
      throw new IllegalArgumentException(
          "there is no case '" + arguments[0] + "'; the cases are " + CASES.keySet());
    }
    if (arguments.length == 3) {
      throw new IllegalArgumentException(
          arguments[2].equals("bf16")
              ? "bf16 is not supported yet: the library trains in float32 only"
              : "'" + arguments[2] + "' is no option; the only one is bf16");
    }
    return new BenchOptions(arguments[0], found, steps(arguments[1]));
  }

  private static int steps(String text) {
    try {
      int steps = Integer.parseInt(text);
      if (steps > 0) {
        return steps;
      }
    } catch (NumberFormatException e) {
      // The error below tells all there is to tell.
    }
    throw new IllegalArgumentException("STEPS is '" + text + "'; give a whole number above 0");
  }

  /** Updates before the clock starts: compilers, caches and allocators get ready. */
  int warmUp() {
    return Math.max(5, steps / 10);
  }
}
