// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * A token that is looked for before the text is split.
 *
 * @param content the text
 * @param singleWord whether it counts only as a whole word
 * @param lstrip whether it takes the white space before it
 * @param rstrip whether it takes the white space behind it
 * @param normalized whether it is looked for in the normalized text
 * @param special whether decoding may leave it out
 */
record AddedToken(
    String content,
    boolean singleWord,
    boolean lstrip,
    boolean rstrip,
    boolean normalized,
    boolean special) {

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
