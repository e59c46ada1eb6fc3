// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.json.JsonPlace;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Looks at the post processor of a {@code tokenizer.json}: a template must define the tokens that it
 * names and use the texts that there are.
 */
final class ProcessorCheck {

  private static final int MAX_PIECES = 100;
  private static final int MAX_TOKENS = 1_000;

  private ProcessorCheck() {}

  static void check(JsonPlace processor) {
    AtomicInteger templates = new AtomicInteger();
    processor.everyObject(
        part -> {
          if (part.has("single") || part.has("pair")) {
            tokens(part.at("special_tokens"));
            pieces(part, "single", false);
            pieces(part, "pair", true);
            if (templates.incrementAndGet() > 1) {
              throw part.wrong("no more than one TemplateProcessing");
            }
          }
          for (String key : new String[] {"sep", "cls"}) {
            if (part.has(key)) {
              id(part.at(key), part.at(key).node().path(1));
            }
          }
        });
  }

  private static void tokens(JsonPlace tokens) {
    if (!tokens.node().isObject()) {
      throw tokens.wrong("an object");
    }
    tokens
        .node()
        .properties()
        .forEach(
            entry -> {
              JsonPlace token = tokens.at(entry.getKey());
              JsonNode ids = token.node().path("ids");
              JsonNode names = token.node().path("tokens");
              if (!ids.isArray() || !names.isArray() || ids.size() != names.size()) {
                throw token.wrong("as many ids as tokens");
              }
              if (ids.size() > MAX_TOKENS) {
                throw token.wrong("no more than " + MAX_TOKENS + " ids");
              }
              ids.forEach(id -> id(token, id));
            });
  }

  private static void id(JsonPlace place, JsonNode id) {
    if (!id.isInt() || id.intValue() < 0) {
      throw place.wrong("ids from 0 to " + Integer.MAX_VALUE);
    }
  }

  private static void pieces(JsonPlace template, String key, boolean pair) {
    JsonPlace pieces = template.at(key);
    if (!pieces.node().isArray()) {
      throw pieces.wrong("an array");
    }
    if (pieces.node().size() > MAX_PIECES) {
      throw pieces.wrong("no more than " + MAX_PIECES + " pieces");
    }
    for (JsonPlace piece : pieces.elements()) {
      String token = piece.node().path("SpecialToken").path("id").asText();
      if (piece.has("SpecialToken") && !template.at("special_tokens").has(token)) {
        throw piece.refused("the template defines no such token under special_tokens");
      }
      if (!pair && piece.node().path("Sequence").path("id").asText().equals("B")) {
        throw piece.wrong("A, because there is one text only");
      }
    }
  }
}
