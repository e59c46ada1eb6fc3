// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What follows from the ids of bytes, beside what the native library says: that is asked where there is a normalizer,
 * and one that does nothing makes it a reference.
 */
class ByteLevelTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final List<String> PIECES =
      List.of(
          "In Oslo",
          " cheese",
          "don't",
          "  ",
          "\t\n",
          "\r\n",
          "\u00a0",
          "\u2003",
          "1234",
          "...",
          "<s>",
          "</s>",
          "<mask>",
          "<pad>",
          "<|user|>",
          "ø",
          "e\u0301",
          "\u0301",
          "Å",
          "\u212b",
          "\u0958e\u0301e\u0301e\u0301",
          "a\u0323\u0302",
          "a\u0302\u0323",
          "ที่",
          "漢字",
          "が",
          "か\u3099",
          "한국어",
          "\u1112\u1161\u11ab",
          "\uf900",
          "😀",
          "👩‍👧",
          "🇳🇴",
          "𐍈",
          "\u0000",
          "\u0001",
          "\u0085",
          "\ufeff",
          "\uffff",
          "\ud800",
          "\u0378");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        """
        {"normalizer": {"type": "NFC"}}""",
        """
        {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [
          {"type": "Split", "pattern": {"String": " "}, "behavior": "Removed", "invert": false},
          {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]}}""",
        """
        {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [
          {"type": "Split", "pattern": {"String": " "}, "behavior": "Removed", "invert": false},
          {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}]}}""",
        """
        {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}}""",
        """
        {"post_processor": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true}}""",
        """
        {"post_processor": {"type": "TemplateProcessing",
          "single": [{"SpecialToken": {"id": "B", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
          "pair": [{"Sequence": {"id": "B", "type_id": 0}}, {"SpecialToken": {"id": "B", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 1}}],
          "special_tokens": {"B": {"id": "B", "ids": [1], "tokens": ["begins"]}}}}"""
      })
  void tokensAndTheirPlacesAreTheNativeOnes(String change) throws IOException {
    ObjectNode file =
        (ObjectNode) JSON.readTree(Tokenizers.folder("bytebpe").resolve("tokenizer.json").toFile());
    file.setAll((ObjectNode) JSON.readTree(change));
    ObjectNode asked = file.deepCopy();
    JsonNode normalizer = file.path("normalizer");
    asked.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
    if (normalizer.isObject()) {
      asked.withArray("/normalizer/normalizers").add(normalizer);
    }
    List<AddedToken> more =
        List.of(AddedToken.special("<|user|>"), AddedToken.special("漢"), AddedToken.plain("Oslo"));
    try (PretrainedTokenizer ours = load("ours", file);
        PretrainedTokenizer natives = load("natives", asked);
        PretrainedTokenizer oursAndMore = ours.withAddedTokens(more);
        PretrainedTokenizer nativesAndMore = natives.withAddedTokens(more)) {
      same(ours, natives);
      same(oursAndMore, nativesAndMore);
    }
  }

  @Test
  void tokensThatTakeWhiteSpaceHaveIt() throws IOException {
    ObjectNode file =
        (ObjectNode) JSON.readTree(Tokenizers.folder("bytebpe").resolve("tokenizer.json").toFile());
    try (PretrainedTokenizer plain = load("plain", file);
        PretrainedTokenizer strips =
            plain.withAddedTokens(List.of(AddedToken.plain("Oslo").withLstrip(true)))) {
      TokenizedText text = strips.encode("to  Oslo");
      int last = text.length() - 1;
      assertThat(text.tokens().get(last).strip()).isEqualTo("Oslo");
      assertThat(text.start(last)).isEqualTo(2);
      assertThat(text.end(last)).isEqualTo(8);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytebpe", "roberta", "unigram", "wordpiece"})
  void idsAloneAreThoseOfTheText(String name) {
    try (PretrainedTokenizer tokenizer = Tokenizers.load(name)) {
      for (EncodeOptions options :
          List.of(
              EncodeOptions.defaults(),
              EncodeOptions.builder().addSpecialTokens(false).build(),
              EncodeOptions.truncated(4))) {
        String text = "In Oslo 😀 we ate cheese \ud800";
        assertThat(tokenizer.encodeIds(text, options))
            .isEqualTo(tokenizer.encode(text, options).inputIds())
            .isNotEmpty();
      }
    }
  }

  private PretrainedTokenizer load(String name, JsonNode file) throws IOException {
    Path place = Files.createDirectory(folder.resolve(name));
    JSON.writeValue(place.resolve("tokenizer.json").toFile(), file);
    return PretrainedTokenizer.load(place);
  }

  private static void same(PretrainedTokenizer ours, PretrainedTokenizer natives) {
    Random random = new Random(7);
    for (int round = 0; round < 150; round++) {
      EncodeOptions options =
          EncodeOptions.builder().addSpecialTokens(random.nextBoolean()).build();
      String text = text(random);
      String second = text(random);
      assertThat(told(ours.encode(text, options)))
          .as(text)
          .isEqualTo(told(natives.encode(text, options)));
      assertThat(told(ours.encodePair(text, second, options)))
          .as(text + " | " + second)
          .isEqualTo(told(natives.encodePair(text, second, options)));
    }
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      text.append(PIECES.get(random.nextInt(PIECES.size())));
    }
    return text.toString();
  }

  private static String told(TokenizedText text) {
    return text
        + Arrays.toString(text.wordIds())
        + Arrays.toString(text.sequenceIds())
        + Arrays.toString(text.specialTokensMask())
        + Arrays.deepToString((int[][]) text.toSample("offset_mapping").get("offset_mapping"));
  }
}
