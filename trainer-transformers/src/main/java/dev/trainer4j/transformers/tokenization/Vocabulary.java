// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.trainer4j.json.JsonPlace;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Tokens and ids of a {@code tokenizer.json}, which the native tokenizer does not tell.
 *
 * <p>The ids of added tokens are those that the library gives them as it reads them one by one, whatever the
 * file says: that of the vocabulary, or the next one behind the tokens added so far, and at least the number of
 * tokens of the vocabulary. Where the vocabulary has gaps that may be the id of another token, which can then
 * be written, but not read.
 */
final class Vocabulary {

  private final Map<String, Integer> ids = new HashMap<>();
  private final Map<Integer, String> tokens = new HashMap<>();
  private final Map<String, AddedToken> added = new LinkedHashMap<>();
  private final TokenizerFiles files;
  private final int modelSize;
  private int highestAdded = -1;

  Vocabulary(TokenizerFiles files, JsonPlace tokenizer) {
    this.files = files;
    JsonNode vocab = tokenizer.at("model").at("vocab").node();
    if (vocab.isObject()) {
      vocab
          .properties()
          .forEach(entry -> put(entry.getKey(), id(entry.getKey(), entry.getValue())));
      modelSize = ids.size();
    } else if (vocab.isArray()) { // Unigram: pairs of a token and its score
      int id = 0;
      for (JsonNode pair : vocab) {
        put(text(pair.path(0)), id++);
      }
      modelSize = id;
    } else {
      throw files.wrong(TokenizerFiles.TOKENIZER, "has no vocabulary in model.vocab", null);
    }
    for (JsonPlace place : tokenizer.at("added_tokens").elements()) {
      AddedToken token =
          AddedToken.parse(place.node(), false)
              .orElseThrow(() -> place.wrong("a token with \"content\""));
      int unused = id(token.content(), place.node().path("id"));
      unused = add(token);
    }
  }

  private String text(JsonNode node) {
    if (!node.isTextual()) {
      throw files.wrong(
          TokenizerFiles.TOKENIZER, "has " + node + " in its vocabulary, expected a text", null);
    }
    return node.textValue();
  }

  private int id(String token, JsonNode id) {
    if (!id.isInt() || id.intValue() < 0) {
      throw files.wrong(
          TokenizerFiles.TOKENIZER, "has the id " + id + " for the token '" + token + "'", null);
    }
    return id.intValue();
  }

  private void put(String token, int id) {
    ids.put(token, id);
    tokens.put(id, token);
  }

  /** Registers a token and returns its id. */
  int add(AddedToken token) {
    Integer known = ids.get(token.content());
    if (known == null && highestAdded == Integer.MAX_VALUE) {
      throw files.wrong(
          TokenizerFiles.TOKENIZER,
          "has the id " + highestAdded + ", which leaves none for '" + token.content() + "'",
          null);
    }
    int id = known != null ? known : Math.max(highestAdded + 1, modelSize);
    put(token.content(), id);
    highestAdded = Math.max(highestAdded, id);
    added.put(token.content(), token);
    return id;
  }

  /** Returns the entry of an added token with the id that it has. */
  JsonNode withId(JsonNode entry) {
    ObjectNode copy = entry.deepCopy();
    Integer id = ids.get(entry.path("content").asText());
    return id == null ? copy : copy.put("id", id.intValue());
  }

  @Nullable AddedToken added(String content) {
    return added.get(content);
  }

  @Nullable Integer id(String token) {
    return ids.get(token);
  }

  @Nullable String token(int id) {
    return tokens.get(id);
  }

  /** The tokens by their ids; null if two have the same one, or if most ids are none of a token. */
  @Nullable String @Nullable [] byId() {
    int highest = tokens.keySet().stream().mapToInt(id -> id).max().orElse(-1);
    if (ids.size() != tokens.size() || highest / 2 >= ids.size()) {
      return null;
    }
    @Nullable String[] all = new String[highest + 1];
    tokens.forEach((id, token) -> all[id] = token);
    return all;
  }

  /** The added tokens, in the order of the file. */
  List<AddedToken> added() {
    return List.copyOf(added.values());
  }

  int modelSize() {
    return modelSize;
  }

  int size() {
    return ids.size();
  }

  /** The ids of tokens that decoding may leave out. */
  Set<Integer> specialIds() {
    Set<Integer> special = new TreeSet<>();
    for (AddedToken token : added.values()) {
      Integer id = ids.get(token.content());
      if (token.special() && id != null) {
        special.add(id);
      }
    }
    return special;
  }
}
