// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

/**
 * How often a matcher that backtracks may try again from one place of a text, at most.
 *
 * <p>The native library ends the process once a pattern has been tried ten million times from one
 * place, so a pattern counts as safe if that number grows no faster than the text.
 *
 * @param ways how many ways of matching there are, if repetitions without an end count as one
 * @param exponent how many repetitions without an end a failure behind them has to try in turn: the
 *     number of tries grows with the length of the text to this power
 */
record PatternCost(double ways, int exponent) {

  static final PatternCost ONE = new PatternCost(1, 0);

  PatternCost then(PatternCost next) {
    return new PatternCost(ways * next.ways, exponent + next.exponent);
  }

  PatternCost or(PatternCost other) {
    return new PatternCost(ways + other.ways, Math.max(exponent, other.exponent));
  }

  PatternCost times(int least, int most) {
    return new PatternCost(Math.pow(ways, most) * (most - least + 1), exponent * most);
  }
}
