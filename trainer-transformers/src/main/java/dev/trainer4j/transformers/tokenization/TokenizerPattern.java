// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import dev.trainer4j.transformers.tokenization.PatternNode.OneOf;
import java.util.List;

/**
 * What a pattern of a tokenizer may cost.
 *
 * @param triesPerCharacter how often it is tried from one place, for each character of the text; 0 if
 *     the number does not grow with the text
 * @param minLength the least number of characters it matches
 */
record TokenizerPattern(double triesPerCharacter, int minLength) {

  private static final double MAX_WAYS = 1_000;
  private static final double MAX_SIZE = 100_000;

  /**
   * Reads a pattern.
   *
   * @throws DoubtfulPatternException if its time may grow faster than the text
   */
  static TokenizerPattern of(String pattern) {
    PatternNode whole = PatternParser.parse(pattern);
    if (whole.size() > MAX_SIZE) {
      throw new DoubtfulPatternException(
          "its counted repetitions multiply to more than it may hold");
    }
    List<PatternNode> branches =
        whole instanceof OneOf alternatives ? alternatives.branches() : List.of(whole);
    double tries = 0;
    for (PatternNode branch : branches) {
      PatternCost cost = branch.cost(false);
      if (cost.exponent() > 1) {
        throw new DoubtfulPatternException(
            "its time grows with the length of the text to the power of " + cost.exponent());
      }
      if (cost.ways() > MAX_WAYS) {
        throw new DoubtfulPatternException("it matches in more than " + (int) MAX_WAYS + " ways");
      }
      tries += cost.exponent() == 1 ? cost.ways() : 0;
    }
    return new TokenizerPattern(tries, whole.minLength());
  }
}
