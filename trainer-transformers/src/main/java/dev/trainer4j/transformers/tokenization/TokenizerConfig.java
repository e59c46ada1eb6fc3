// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.trainer4j.json.JsonPlace;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What {@code tokenizer_config.json} says, with {@code special_tokens_map.json} for what it leaves
 * out, as older versions of transformers wrote both.
 */
final class TokenizerConfig {

  /** Classes whose models tell the texts of a pair apart, unless their configuration says else. */
  private static final Set<String> WITH_TYPE_IDS =
      Set.of("Bert", "Canine", "CodeGen", "Deberta", "DebertaV2", "FNet", "LayoutLMv2", "MarkupLM");

  private final TokenizerFiles files;
  private final JsonPlace config;
  private final JsonPlace specialTokensMap;
  private final ObjectNode tokenizer;
  private final Map<SpecialToken, AddedToken> specialTokens = new EnumMap<>(SpecialToken.class);

  TokenizerConfig(TokenizerFiles files, ObjectNode tokenizer) {
    this.files = files;
    this.tokenizer = tokenizer;
    config = files.json(TokenizerFiles.CONFIG);
    specialTokensMap = files.json(TokenizerFiles.SPECIAL_TOKENS);
    for (SpecialToken role : SpecialToken.values()) {
      readToken(role);
    }
    // Python takes the padding of tokenizer.json where nothing else is said.
    JsonNode padding = tokenizer.path("padding").path("pad_token");
    if (padding.isTextual()) {
      AddedToken.parse(padding, true)
          .ifPresent(token -> specialTokens.putIfAbsent(SpecialToken.PAD, token));
    }
  }

  private void readToken(SpecialToken role) {
    boolean inConfig = config.has(role.key());
    JsonPlace place = (inConfig ? config : specialTokensMap).at(role.key());
    if (place.exists()) {
      specialTokens.put(role, token(place, true));
    }
  }

  private static AddedToken token(JsonPlace place, boolean special) {
    return AddedToken.parse(place.node(), special)
        .orElseThrow(() -> place.wrong("a text or an object with \"content\""));
  }

  Map<SpecialToken, AddedToken> specialTokens() {
    return specialTokens;
  }

  /** Special tokens without a role. */
  List<AddedToken> extraSpecialTokens() {
    List<AddedToken> tokens = new ArrayList<>();
    for (String key : List.of("additional_special_tokens", "extra_special_tokens")) {
      JsonPlace place = config.has(key) ? config.at(key) : specialTokensMap.at(key);
      // Of a kind with its own names for tokens, such as image_token, it is an object.
      (place.node().isObject() ? place.entries().values() : place.elements())
          .forEach(entry -> tokens.add(token(entry, true)));
    }
    return tokens;
  }

  /** {@code added_tokens_decoder}: tokens by their id. */
  Map<Integer, AddedToken> addedTokens() {
    Map<Integer, AddedToken> tokens = new TreeMap<>();
    config
        .at("added_tokens_decoder")
        .entries()
        .forEach((id, place) -> tokens.put(id(id, place), token(place, false)));
    return tokens;
  }

  private static int id(String text, JsonPlace place) {
    if (!text.matches("\\d{1,9}")) {
      throw place.wrong("an id of up to nine digits for its key");
    }
    return Integer.parseInt(text);
  }

  /** The greatest length a model takes; the greatest int if there is none (Python writes 1e30). */
  int modelMaxLength() {
    JsonPlace place = config.at("model_max_length");
    if (!place.exists()) {
      return Integer.MAX_VALUE;
    }
    if (!place.node().isNumber() || !(place.number() >= 1)) {
      throw place.wrong("a number from 1 on");
    }
    return (int) Math.min(place.number(), Integer.MAX_VALUE);
  }

  Side paddingSide() {
    return side("padding_side", "padding");
  }

  Side truncationSide() {
    return side("truncation_side", "truncation");
  }

  private Side side(String key, String section) {
    boolean inConfig = config.has(key);
    JsonNode node = inConfig ? config.at(key).node() : tokenizer.path(section).path("direction");
    return switch (node.asText("").toLowerCase(Locale.ROOT)) {
      case "left" -> Side.LEFT;
      case "right", "", "null" -> Side.RIGHT;
      default ->
          throw files.wrong(
              inConfig ? TokenizerFiles.CONFIG : TokenizerFiles.TOKENIZER,
              "has " + key + " " + node + ", expected left or right",
              null);
    };
  }

  List<String> modelInputNames() {
    if (config.has("model_input_names")) {
      return config.at("model_input_names").elements().stream().map(JsonPlace::text).toList();
    }
    String family =
        config.at("tokenizer_class").node().asText("").replaceAll("Tokenizer(Fast)?$", "");
    return WITH_TYPE_IDS.contains(family)
        ? List.of("input_ids", "token_type_ids", "attention_mask")
        : List.of("input_ids", "attention_mask");
  }

  int padTokenTypeId() {
    JsonPlace id = config.at("pad_token_type_id");
    if (id.exists() && !id.node().isInt()) {
      throw id.wrong("a whole number");
    }
    return id.node().asInt(0);
  }

  /** One template or several, as they are written; a missing node if there is none. */
  JsonNode chatTemplate() {
    return config.at("chat_template").node();
  }

  boolean cleanUpTokenizationSpaces() {
    return config.at("clean_up_tokenization_spaces").flag(false);
  }
}
