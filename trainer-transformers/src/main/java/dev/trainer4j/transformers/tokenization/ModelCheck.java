// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.json.JsonPlace;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** Looks at the model of a {@code tokenizer.json} for what the native library cannot stand. */
final class ModelCheck {

  private static final Set<String> TYPES = Set.of("BPE", "WordPiece", "WordLevel", "Unigram");

  /** That of each published vocabulary has a few characters. */
  private static final int MAX_AFFIX = 100;

  /** Published ones have 100; the time for a word grows with its third power. */
  private static final int MAX_WORD = 1_000;

  /** From here on, texts of a Unigram vocabulary count as long. */
  private static final int LONG_TOKEN = 256;

  private static final int MAX_LONG_TOKENS = 1 << 20;

  private ModelCheck() {}

  static void check(JsonPlace model) {
    JsonPlace type = model.at("type");
    if (type.exists() && !TYPES.contains(type.node().asText())) {
      throw type.wrong("BPE, WordPiece, WordLevel or Unigram");
    }
    for (String key : Set.of("continuing_subword_prefix", "end_of_word_suffix")) {
      if (model.has(key) && model.at(key).text().length() > MAX_AFFIX) {
        throw model.at(key).wrong("no more than " + MAX_AFFIX + " characters");
      }
    }
    JsonPlace longest = model.at("max_input_chars_per_word");
    if (longest.exists()
        && !(longest.node().isInt()
            && longest.node().intValue() >= 0
            && longest.node().intValue() <= MAX_WORD)) {
      throw longest.wrong("an integer from 0 to " + MAX_WORD);
    }
    merges(model);
    scores(model.at("vocab"));
  }

  /** A merge joins its first part with what the second one has behind the prefix. */
  private static void merges(JsonPlace model) {
    if (!model.has("continuing_subword_prefix")) {
      return;
    }
    int prefix = utf8(model.at("continuing_subword_prefix").text()).length;
    for (JsonPlace place : model.at("merges").elements()) {
      JsonNode merge = place.node();
      String second =
          merge.isArray()
              ? merge.path(1).asText()
              : merge.asText().substring(merge.asText().indexOf(' ') + 1);
      byte[] bytes = utf8(second);
      if (bytes.length < prefix || (bytes.length > prefix && (bytes[prefix] & 0xc0) == 0x80)) {
        throw place.wrong(
            "a second part that begins with the continuing_subword_prefix '"
                + model.at("continuing_subword_prefix").text()
                + "'");
      }
    }
  }

  /** The time for a place of a text grows with the lengths of the tokens that begin there. */
  private static void scores(JsonPlace vocab) {
    if (!vocab.node().isArray()) {
      return;
    }
    long characters = 0;
    for (JsonNode pair : vocab.node()) {
      int length = pair.path(0).asText().length();
      characters += length > LONG_TOKEN ? length : 0;
    }
    if (characters > MAX_LONG_TOKENS) {
      throw vocab.wrong(
          "tokens of more than "
              + LONG_TOKEN
              + " characters to have no more than "
              + MAX_LONG_TOKENS
              + " together, not "
              + characters);
    }
  }

  /**
   * Whether some text may have no token: the native library returns an error for it, which it does not
   * survive where it encodes many texts at once.
   */
  static boolean mayFail(JsonNode model) {
    if (model.path("vocab").isArray()) {
      return !model.path("unk_id").isInt();
    }
    JsonNode unknown = model.path("unk_token");
    return unknown.isTextual() && !model.path("vocab").has(unknown.textValue());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
