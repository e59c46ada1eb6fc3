// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * A token that is looked for before the text is split: Hugging Face's {@code AddedToken}. {@link
 * PretrainedTokenizer#withAddedTokens} adds some; immutable, each method returns a changed copy.
 *
 * @param content the text, not empty
 * @param singleWord whether it counts only as a whole word
 * @param lstrip whether it takes the white space before it
 * @param rstrip whether it takes the white space behind it
 * @param normalized whether it is looked for in the normalized text
 * @param special whether decoding may leave it out
 */
public record AddedToken(
    String content,
    boolean singleWord,
    boolean lstrip,
    boolean rstrip,
    boolean normalized,
    boolean special) {

  /** Returns an ordinary token, which decoding keeps: found in the normalized text, also within words. */
  public static AddedToken plain(String content) {
    return new AddedToken(content, false, false, false, true, false);
  }

  /** Returns a special token, which decoding may leave out: found in the text as it is. */
  public static AddedToken special(String content) {
    return new AddedToken(content, false, false, false, false, true);
  }

  /** Sets whether it counts only as a whole word. */
  public AddedToken withSingleWord(boolean value) {
    return new AddedToken(content, value, lstrip, rstrip, normalized, special);
  }

  /** Sets whether it takes the white space before it. */
  public AddedToken withLstrip(boolean value) {
    return new AddedToken(content, singleWord, value, rstrip, normalized, special);
  }

  /** Sets whether it takes the white space behind it. */
  public AddedToken withRstrip(boolean value) {
    return new AddedToken(content, singleWord, lstrip, value, normalized, special);
  }

  /** Sets whether it is looked for in the normalized text. */
  public AddedToken withNormalized(boolean value) {
    return new AddedToken(content, singleWord, lstrip, rstrip, value, special);
  }

  /** Reads what configurations hold: a text, or an object with the flags. */
  static Optional<AddedToken> parse(JsonNode node, boolean specialByDefault) {
    if (node.isTextual()) {
      return Optional.of(
          new AddedToken(
              node.textValue(), false, false, false, !specialByDefault, specialByDefault));
    }
    JsonNode content = node.path("content");
    if (!content.isTextual()) {
      return Optional.empty();
    }
    boolean special = node.path("special").asBoolean(specialByDefault);
    return Optional.of(
        new AddedToken(
            content.textValue(),
            node.path("single_word").asBoolean(false),
            node.path("lstrip").asBoolean(false),
            node.path("rstrip").asBoolean(false),
            node.path("normalized").asBoolean(!special),
            special));
  }

  ObjectNode toJson(int id) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", id)
        .put("content", content)
        .put("single_word", singleWord)
        .put("lstrip", lstrip)
        .put("rstrip", rstrip)
        .put("normalized", normalized)
        .put("special", special);
  }
}
