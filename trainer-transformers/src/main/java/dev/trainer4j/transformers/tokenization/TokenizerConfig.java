// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
  private final ObjectNode config;
  private final ObjectNode specialTokensMap;
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
    boolean inConfig = config.hasNonNull(role.key());
    JsonNode node = (inConfig ? config : specialTokensMap).path(role.key());
    if (node.isMissingNode() || node.isNull()) {
      return;
    }
    AddedToken token =
        AddedToken.parse(node, true)
            .orElseThrow(
                () ->
                    files.wrong(
                        inConfig ? TokenizerFiles.CONFIG : TokenizerFiles.SPECIAL_TOKENS,
                        "has "
                            + role.key()
                            + " "
                            + node
                            + ", expected a text or an object with"
                            + " \"content\"",
                        null));
    specialTokens.put(role, token);
  }

  Map<SpecialToken, AddedToken> specialTokens() {
    return specialTokens;
  }

  /** Special tokens without a role. */
  List<AddedToken> extraSpecialTokens() {
    List<AddedToken> tokens = new ArrayList<>();
    for (String key : List.of("additional_special_tokens", "extra_special_tokens")) {
      JsonNode node = config.has(key) ? config.path(key) : specialTokensMap.path(key);
      node.forEach(entry -> AddedToken.parse(entry, true).ifPresent(tokens::add));
    }
    return tokens;
  }

  /** {@code added_tokens_decoder}: tokens by their id. */
  Map<Integer, AddedToken> addedTokens() {
    Map<Integer, AddedToken> tokens = new TreeMap<>();
    config
        .path("added_tokens_decoder")
        .properties()
        .forEach(
            entry ->
                AddedToken.parse(entry.getValue(), false)
                    .ifPresent(token -> tokens.put(id(entry.getKey()), token)));
    return tokens;
  }

  private int id(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw files.wrong(
          TokenizerFiles.CONFIG, "has the id '" + text + "' in added_tokens_decoder", e);
    }
  }

  /** The greatest length a model takes; the greatest int if there is none (Python writes 1e30). */
  int modelMaxLength() {
    JsonNode node = config.path("model_max_length");
    if (node.isMissingNode() || node.isNull()) {
      return Integer.MAX_VALUE;
    }
    if (!node.isNumber() || node.doubleValue() < 1) {
      throw files.wrong(
          TokenizerFiles.CONFIG,
          "has model_max_length " + node + ", expected a number from 1 on",
          null);
    }
    return (int) Math.min(node.doubleValue(), Integer.MAX_VALUE);
  }

  Side paddingSide() {
    return side("padding_side", "padding");
  }

  Side truncationSide() {
    return side("truncation_side", "truncation");
  }

  private Side side(String key, String section) {
    boolean inConfig = config.has(key);
    JsonNode node = inConfig ? config.path(key) : tokenizer.path(section).path("direction");
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
    if (config.path("model_input_names").isArray()) {
      List<String> names = new ArrayList<>();
      config.path("model_input_names").forEach(name -> names.add(name.asText()));
      return List.copyOf(names);
    }
    String family = config.path("tokenizer_class").asText("").replaceAll("Tokenizer(Fast)?$", "");
    return WITH_TYPE_IDS.contains(family)
        ? List.of("input_ids", "token_type_ids", "attention_mask")
        : List.of("input_ids", "attention_mask");
  }

  int padTokenTypeId() {
    return config.path("pad_token_type_id").asInt(0);
  }

  boolean cleanUpTokenizationSpaces() {
    return config.path("clean_up_tokenization_spaces").asBoolean(false);
  }
}
