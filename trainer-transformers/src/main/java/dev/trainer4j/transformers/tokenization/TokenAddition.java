// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.trainer4j.json.JsonPlace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adds tokens to a {@code tokenizer.json}, with the ids that Hugging Face's {@code add_tokens} gives them:
 * those of the vocabulary if they are in it, else the next ones.
 */
final class TokenAddition {

  private TokenAddition() {}

  /** Returns the text of the file with the tokens, and with those that its configuration adds to it. */
  static String apply(TokenizerFiles files, List<AddedToken> tokens) {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.get(i).content().isEmpty()) {
        throw new IllegalArgumentException(
            "token " + i + " is empty: give a text that can be found in texts.");
      }
    }
    JsonPlace file = files.json(TokenizerFiles.TOKENIZER);
    ObjectNode json = (ObjectNode) file.node();
    Vocabulary vocabulary = new Vocabulary(files, file);
    String original = files.text(TokenizerFiles.TOKENIZER).orElseThrow();
    // They come first, as when the files are loaded.
    new NativeJson(json, new TokenizerConfig(files, json), vocabulary).complete(original);
    Map<String, ObjectNode> entries = new LinkedHashMap<>();
    for (AddedToken token : tokens) {
      if (!token.equals(vocabulary.added(token.content()))) {
        entries.put(token.content(), token.toJson(vocabulary.add(token)));
      }
    }
    List<JsonNode> all = new ArrayList<>(entries.values());
    for (JsonNode entry : json.path("added_tokens")) {
      String content = entry.path("content").asText();
      if (!entries.containsKey(content)) {
        all.add(vocabulary.withId(entry));
      }
    }
    all.sort(Comparator.comparingInt(entry -> entry.path("id").asInt()));
    json.putArray("added_tokens").addAll(all);
    return json.toPrettyString();
  }
}
