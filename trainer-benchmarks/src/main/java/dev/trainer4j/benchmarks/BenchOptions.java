// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What {@link Bench} was asked for.
 *
 * @param name the case's name
 * @param benchCase the case
 * @param steps updates that are timed, at least 1
 * @param bf16 whether products are taken in bfloat16
 * @param checkpointing whether activations are computed again instead of kept
 */
record BenchOptions(
    String name, BenchCase benchCase, int steps, boolean bf16, boolean checkpointing) {

  private static final List<String> FLAGS = List.of("bf16", "checkpointing");

  private static final Map<String, BenchCase> CASES =
      new TreeMap<>(
          Map.of(
              "mlp",
              new MlpCase(),
              "bert-tiny",
              TokenCase.BERT_TINY,
              "bert-base",
              TokenCase.BERT_BASE,
              "gpt2-mini",
              TokenCase.GPT2_MINI));

  /**
   * Reads {@code CASE STEPS [bf16] [checkpointing]}.
   *
   * @throws IllegalArgumentException saying what is wrong and what was expected
   */
  static BenchOptions parse(String... arguments) {
    if (arguments.length < 2 || arguments.length > 4) {
      throw new IllegalArgumentException(
          "expected CASE STEPS [bf16] [checkpointing], but got " + Arrays.toString(arguments));
    }
    BenchCase found = CASES.get(arguments[0]);
    if (found == null) {
      throw new IllegalArgumentException(
          "there is no case '" + arguments[0] + "'; the cases are " + CASES.keySet());
    }
    List<String> flags = Arrays.asList(arguments).subList(2, arguments.length);
    for (String flag : flags) {
      if (!FLAGS.contains(flag)) {
        throw new IllegalArgumentException("'" + flag + "' is no option; there are " + FLAGS);
      }
    }
    return new BenchOptions(
        arguments[0],
        found,
        steps(arguments[1]),
        flags.contains("bf16"),
        flags.contains("checkpointing"));
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
