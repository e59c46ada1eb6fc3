// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts into {@code tokenizer.json} what {@code tokenizer_config.json} adds to it, as Python does when
 * it loads both: tokens that are not registered yet.
 *
 * <p>{@code add_bos_token} and {@code add_eos_token} are not read, as in transformers 5: beside a
 * {@code tokenizer.json}, its post processor alone says what is added to a text.
 */
final class NativeJson {

  private final ObjectNode tokenizer;
  private final TokenizerConfig config;
  private final Vocabulary vocabulary;
  private boolean changed;

  NativeJson(ObjectNode tokenizer, TokenizerConfig config, Vocabulary vocabulary) {
    this.tokenizer = tokenizer;
    this.config = config;
    this.vocabulary = vocabulary;
  }

  /** Returns the text for the native tokenizer: the original one unless something was missing. */
  String complete(String original) {
    addTokens();
    return changed ? tokenizer.toString() : original;
  }

  private void addTokens() {
    Map<String, AddedToken> wanted = new LinkedHashMap<>();
    config.addedTokens().values().forEach(token -> wanted.put(token.content(), token));
    List<AddedToken> named = new ArrayList<>(config.specialTokens().values());
    named.addAll(config.extraSpecialTokens());
    for (AddedToken token : named) {
      if (vocabulary.added(token.content()) == null) {
        wanted.putIfAbsent(token.content(), token);
      }
    }
    Map<String, Integer> missing = new LinkedHashMap<>();
    for (AddedToken token : wanted.values()) {
      if (!token.equals(vocabulary.added(token.content()))) {
        missing.put(token.content(), vocabulary.add(token));
      }
    }
    if (!missing.isEmpty()) {
      register(wanted, missing);
    }
  }

  /** Puts them where they belong: the native tokenizer wants them by id. */
  private void register(Map<String, AddedToken> tokens, Map<String, Integer> ids) {
    List<JsonNode> entries = new ArrayList<>();
    for (JsonNode entry : tokenizer.path("added_tokens")) {
      if (!ids.containsKey(entry.path("content").asText())) {
        entries.add(vocabulary.withId(entry));
      }
    }
    tokens.forEach(
        (content, token) -> {
          Integer id = ids.get(content);
          if (id != null) {
            entries.add(token.toJson(id));
          }
        });
    entries.sort(Comparator.comparingInt(entry -> entry.path("id").asInt()));
    tokenizer.putArray("added_tokens").addAll(entries);
    changed = true;
  }
}
