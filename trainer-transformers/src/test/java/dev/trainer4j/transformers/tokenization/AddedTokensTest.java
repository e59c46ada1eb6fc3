// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.trainer4j.transformers.VocabularyFigures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tokens that are added to tokenizers, as in {@code vocabulary/figures.py}. */
class AddedTokensTest {

  private static final List<AddedToken> TOKENS =
      List.of(
          AddedToken.plain("newtoken"),
          AddedToken.plain("kilometer"),
          AddedToken.plain("<ctx>").withLstrip(true),
          AddedToken.plain("<solo>").withSingleWord(true),
          AddedToken.special("<|im_end|>"),
          AddedToken.special("<|tool|>").withRstrip(true).withNormalized(false));

  @TempDir Path folder;

  static List<JsonNode> added() throws IOException {
    return VocabularyFigures.of("added");
  }

  @ParameterizedTest
  @MethodSource("added")
  void idsAndTextsAreThoseOfPythonAlsoAfterSaving(JsonNode figures) throws IOException {
    try (PretrainedTokenizer tokenizer = Tokenizers.load(figures.get("tokenizer").asText());
        PretrainedTokenizer added = tokenizer.withAddedTokens(TOKENS)) {
      assertThat(tokenizer.size()).isEqualTo(figures.get("before").intValue());
      assertFigures(figures, added);
      added.save(folder);
      JsonNode entries =
          new ObjectMapper()
              .readTree(folder.resolve("tokenizer.json").toFile())
              .get("added_tokens");
      List<JsonNode> own = new ArrayList<>();
      entries.forEach(
          entry -> {
            if (TOKENS.stream().anyMatch(t -> t.content().equals(entry.get("content").asText()))) {
              own.add(entry);
            }
          });
      List<JsonNode> expected = new ArrayList<>();
      figures.get("entries").forEach(expected::add);
      assertThat(own).isEqualTo(expected);
    }
    try (PretrainedTokenizer again = PretrainedTokenizer.load(folder)) {
      assertFigures(figures, again);
    }
  }

  private static void assertFigures(JsonNode figures, PretrainedTokenizer tokenizer) {
    assertThat(tokenizer.size()).isEqualTo(figures.get("after").intValue());
    figures
        .get("ids")
        .properties()
        .forEach(
            entry ->
                assertThat(tokenizer.tokenToId(entry.getKey()))
                    .as(entry.getKey())
                    .hasValue(entry.getValue().intValue()));
    for (JsonNode text : figures.get("texts")) {
      int[] ids = tokenizer.encode(text.get("text").asText()).inputIds();
      assertThat(ids)
          .as(text.get("text").asText())
          .isEqualTo(new ObjectMapper().convertValue(text.get("ids"), int[].class));
      assertThat(tokenizer.decode(ids, false)).isEqualTo(text.get("decoded").asText());
      assertThat(tokenizer.decode(ids, true)).isEqualTo(text.get("skipped").asText());
    }
  }

  /** A vocabulary, added tokens of the file, their ids and those of N1 and N2 by tokenizers 0.23 of Python. */
  @ParameterizedTest
  @CsvSource({
    "a 0 b 1 c 5, , N1 3 N2 4",
    "a 0 b 1 c 3, , N1 3 N2 4",
    "a 0 b 1 c 5, X 6, X 3 N1 4 N2 5",
    "a 0 b 1 c 5, X 9 Y 4, X 3 Y 4 N1 5 N2 6",
    "a 0 b 1 c 2, X 9, X 3 N1 4 N2 5",
    "a 0 b 1 c 2, b 1, b 1 N1 3 N2 4",
    "a 0 b 1 c 7, c 7, c 7 N1 8 N2 9",
    "a 0 c 7 d 8, c 7 a 0, c 7 a 0 N1 8 N2 9"
  })
  void idsAreThoseOfPythonWhereTheVocabularyHasGaps(String vocab, String added, String expected)
      throws IOException {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("version", "1.0");
    ids(added == null ? "" : added)
        .forEach(
            (token, id) ->
                json.withArrayProperty("added_tokens").add(AddedToken.special(token).toJson(id)));
    json.putObject("pre_tokenizer").put("type", "Whitespace");
    ObjectNode model = json.putObject("model").put("type", "WordLevel").put("unk_token", "a");
    ids(vocab).forEach(model.putObject("vocab")::put);
    Files.writeString(folder.resolve("tokenizer.json"), json.toString());
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder);
        PretrainedTokenizer more = tokenizer.withAddedTokens("N1", "N2")) {
      more.save(Files.createDirectories(folder.resolve("saved")));
      try (PretrainedTokenizer again = PretrainedTokenizer.load(folder.resolve("saved"))) {
        for (PretrainedTokenizer one : List.of(more, again)) {
          ids(expected)
              .forEach(
                  (token, id) -> {
                    assertThat(one.tokenToId(token)).as(token).hasValue(id);
                    assertThat(one.encode(token).inputIds()).as(token).containsExactly(id);
                    assertThat(one.idToToken(id)).hasValue(token);
                  });
        }
      }
    }
  }

  private static Map<String, Integer> ids(String pairs) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    String[] words = pairs.isEmpty() ? new String[0] : pairs.split(" ");
    for (int i = 0; i < words.length; i += 2) {
      ids.put(words[i], Integer.parseInt(words[i + 1]));
    }
    return ids;
  }

  @Test
  void aTokenThatIsThereAlreadyKeepsItsIdAndTakesTheNewFlags() {
    try (PretrainedTokenizer tokenizer = Tokenizers.load("wordpiece");
        PretrainedTokenizer plain = tokenizer.withAddedTokens("newtoken", "newtoken", "milan");
        PretrainedTokenizer special =
            plain.withAddedTokens(List.of(AddedToken.special("newtoken")))) {
      int id = plain.tokenToId("newtoken").orElseThrow();
      assertThat(plain.size()).isEqualTo(tokenizer.size() + 1);
      assertThat(plain.tokenToId("milan")).isEqualTo(tokenizer.tokenToId("milan"));
      assertThat(special.size()).isEqualTo(plain.size());
      assertThat(special.tokenToId("newtoken")).hasValue(id);
      assertThat(plain.specialTokenIds()).doesNotContain(id);
      assertThat(special.specialTokenIds()).contains(id);
    }
  }

  @Test
  void aNewTokenCanTakeARole() throws IOException {
    try (PretrainedTokenizer tokenizer = Tokenizers.load("bytebpe");
        PretrainedTokenizer added =
            tokenizer.withAddedTokens(List.of(AddedToken.special("<|fill|>")));
        PretrainedTokenizer padded = added.withSpecialToken(SpecialToken.PAD, "<|fill|>")) {
      assertThatThrownBy(() -> tokenizer.withSpecialToken(SpecialToken.PAD, "<|fill|>"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("withAddedTokens");
      assertThat(padded.padTokenId()).isEqualTo(tokenizer.size());
      padded.save(folder);
    }
    try (PretrainedTokenizer again = PretrainedTokenizer.load(folder)) {
      assertThat(again.idToToken(again.padTokenId())).hasValue("<|fill|>");
    }
  }

  @Test
  void anEmptyTokenIsRefused() {
    try (PretrainedTokenizer tokenizer = Tokenizers.load("wordpiece")) {
      assertThatThrownBy(() -> tokenizer.withAddedTokens("a", ""))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("token 1 is empty");
    }
  }
}
