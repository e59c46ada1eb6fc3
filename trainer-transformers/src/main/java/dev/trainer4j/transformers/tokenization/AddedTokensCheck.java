// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.trainer4j.json.JsonPlace;
import java.util.List;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the added tokens of a {@code tokenizer.json}, which the native library looks for in a text
 * before all else. It ends the process if one is empty once it is normalized, or begins with white
 * space that the one before it has taken already.
 */
final class AddedTokensCheck {

  /**
   * The native library compares each with each: so many, a codebook of 65,536 and some more, take about a
   * minute.
   */
  private static final int MAX_TOKENS = 70_000;

  private static final int MANY_TOKENS = 20_000;

  private static final Logger LOGGER = LoggerFactory.getLogger(PretrainedTokenizer.class);

  private static final int MAX_CHARACTERS = 1 << 22;

  private AddedTokensCheck() {}

  static void check(TokenizerFiles files, JsonPlace root) {
    JsonPlace tokens = root.at("added_tokens");
    int count = tokens.node().size();
    if (count > MAX_TOKENS) {
      throw tokens.refused(
          "the native tokenizer compares each with each, and no more than "
              + MAX_TOKENS
              + " are taken, those of tokenizer_config.json among them; put what need not be found in a"
              + " text before it is split into model.vocab");
    }
    if (count > MANY_TOKENS) {
      LOGGER.warn(
          "{}: the native tokenizer compares each of {} added tokens with each, so loading takes up to a"
              + " minute",
          files.path(TokenizerFiles.TOKENIZER),
          count);
    }
    long characters = 0;
    for (JsonNode token : tokens.node()) {
      characters += token.path("content").asText().length();
    }
    if (characters > MAX_CHARACTERS) {
      throw tokens.wrong("no more than " + MAX_CHARACTERS + " characters together");
    }
    List<JsonPlace> all = tokens.elements();
    overlap(all.stream().filter(token -> !normalized(token)).toList(), UnaryOperator.identity());
    List<JsonPlace> changed = all.stream().filter(AddedTokensCheck::normalized).toList();
    if (root.has("normalizer") && !changed.isEmpty()) {
      try (NativeNormalizer normalizer = new NativeNormalizer(files, root)) {
        for (JsonPlace token : changed) {
          if (!content(token).isEmpty() && normalizer.apply(content(token)).isEmpty()) {
            throw token.refused(
                "the normalizer leaves nothing of it; expected normalized to be false");
          }
        }
        overlap(changed, normalizer);
      }
    } else {
      overlap(changed, UnaryOperator.identity());
    }
  }

  private static boolean normalized(JsonPlace token) {
    return token.node().path("normalized").asBoolean();
  }

  private static String content(JsonPlace token) {
    return Utf16.wellFormed(token.node().path("content").asText());
  }

  /** A token that takes the white space behind it, before one that is such white space. */
  private static void overlap(List<JsonPlace> tokens, UnaryOperator<String> normalizer) {
    if (tokens.stream().noneMatch(token -> token.node().path("rstrip").asBoolean())) {
      return;
    }
    for (JsonPlace token : tokens) {
      if (token.node().path("lstrip").asBoolean()) {
        String text = normalizer.apply(content(token));
        if (!text.isEmpty() && isSpace(text.codePointAt(0))) {
          throw token.refused(
              "it begins with white space and has lstrip, while another token has rstrip; the native"
                  + " tokenizer ends the process where one stands behind the other");
        }
      }
    }
  }

  private static boolean isSpace(int codePoint) {
    return Character.isWhitespace(codePoint)
        || Character.isSpaceChar(codePoint)
        || codePoint == 0x85;
  }

  /** The normalizer alone: a vocabulary that knows nothing gives back the whole normalized text. */
  private static final class NativeNormalizer implements UnaryOperator<String>, AutoCloseable {

    private final HuggingFaceTokenizer tokenizer;

    NativeNormalizer(TokenizerFiles files, JsonPlace root) {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("version", "1.0");
      json.putArray("added_tokens");
      json.set("normalizer", root.node().path("normalizer"));
      ObjectNode model = json.putObject("model").put("type", "Unigram").put("unk_id", 0);
      model.putArray("vocab").addArray().add("").add(0.0);
      tokenizer = NativeTokenizer.create(files, json.toString());
    }

    @Override
    public String apply(String text) {
      return String.join("", tokenizer.encode(text, false, false).getTokens());
    }

    @Override
    public void close() {
      tokenizer.close();
    }
  }
}
