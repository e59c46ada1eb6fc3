// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.json.JsonPlace;

/**
 * What the normalizers, pre-tokenizers or decoders of a {@code tokenizer.json} make of a text: how much
 * longer it may become, and how long it may be for the patterns in it.
 */
final class TextCost {

  /** Texts are cut into pieces long before. */
  static final int LONGEST_TEXT = 1 << 21;

  /** A pattern may be tried ten million times from one place before the native library gives up. */
  private static final double MAX_TRIES = 8_000_000;

  private static final double MAX_GROWTH = 100;

  private final boolean trusted;
  private final boolean keepsPlaces;
  private double growth = 1;
  private double longest = LONGEST_TEXT;

  /**
   * Begins to count.
   *
   * @param trusted whether patterns of which nothing can be said are taken all the same
   * @param keepsPlaces whether the text is one of which the place of each character is kept, so that none may
   *     come from nothing
   */
  TextCost(boolean trusted, boolean keepsPlaces) {
    this.trusted = trusted;
    this.keepsPlaces = keepsPlaces;
  }

  /** The length of the longest text that may be given to them. */
  int longestText() {
    return (int) longest;
  }

  /** Counts the parts of a section, in their order. */
  void add(JsonPlace section) {
    section.everyObject(this::part);
  }

  private void part(JsonPlace part) {
    JsonPlace pattern = part.at("pattern");
    if (pattern.exists()) {
      int least = pattern(pattern);
      if (part.at("content").node().isTextual()) {
        if (least == 0 && keepsPlaces && !part.at("content").text().isEmpty()) {
          throw pattern.refused(
              "it matches where there is nothing, and the native tokenizer ends the process where text"
                  + " comes from nothing; Prepend puts text before a text");
        }
        grow(pattern, replaced(part.at("content").text(), least));
      }
    }
    if (part.at("prepend").node().isTextual()) {
      grow(part.at("prepend"), 1 + length(part.at("prepend").text()));
    }
    JsonPlace charsmap = part.at("precompiled_charsmap");
    if (charsmap.exists() || part.node().path("type").asText().equals("Precompiled")) {
      charsmap(charsmap);
    }
    JsonPlace length = part.at("length");
    if (length.exists() && !(length.node().isInt() && length.node().intValue() > 0)) {
      throw length.wrong("an integer from 1 on");
    }
    if (part.node().path("type").asText().equals("ByteLevel")) {
      grow(part, 2); // a byte beyond ASCII becomes a character of two
      pattern(part, ByteLevel.TRIES_PER_CHARACTER);
    }
  }

  /** The split of GPT-2, which the native library has of its own. */
  private interface ByteLevel {
    double TRIES_PER_CHARACTER = 1;
  }

  private void charsmap(JsonPlace charsmap) {
    int text;
    try {
      text = Charsmap.longestText(charsmap.text());
    } catch (IllegalArgumentException e) {
      throw charsmap.refused("it is damaged, because " + e.getMessage());
    }
    grow(charsmap, text);
  }

  /** Returns the least number of characters that the pattern matches. */
  private int pattern(JsonPlace pattern) {
    JsonNode text = pattern.node().path("String");
    if (text.isTextual()) {
      return length(text.textValue());
    }
    String regex = pattern.at("Regex").text();
    try {
      TokenizerPattern cost = TokenizerPattern.of(regex);
      pattern(pattern, cost.triesPerCharacter());
      return cost.minLength();
    } catch (DoubtfulPatternException e) {
      if (trusted) {
        return 1; // or 0, but whoever trusts a pattern has used it
      }
      throw pattern
          .at("Regex")
          .refused(
              "it may take forever or end the process, because "
                  + e.getMessage()
                  + ". If you know where the file comes from, load it with"
                  + " PretrainedTokenizer.loadTrusted");
    }
  }

  private void pattern(JsonPlace place, double triesPerCharacter) {
    if (triesPerCharacter > 0) {
      longest = Math.min(longest, MAX_TRIES / triesPerCharacter / growth);
    }
    if (longest < 1) {
      throw place.refused("it is tried too often");
    }
  }

  private static double replaced(String content, int least) {
    return least == 0 ? 1.0 + length(content) : Math.max(1, (double) length(content) / least);
  }

  private void grow(JsonPlace place, double factor) {
    growth *= factor;
    if (growth > MAX_GROWTH) {
      throw place.refused(
          "with what stands before it, a text may become "
              + Math.round(growth)
              + " times as long; expected no more than "
              + (int) MAX_GROWTH);
    }
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
