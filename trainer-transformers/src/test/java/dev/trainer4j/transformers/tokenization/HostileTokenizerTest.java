// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Files at which the native tokenizer ends the process: each of the first test did when it was given to it.
 * They are refused, and what looks like them is not.
 */
class HostileTokenizerTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String BASE =
      """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
       "pre_tokenizer": null, "post_processor": null, "decoder": null,
       "model": {"type": "BPE", "unk_token": null, "vocab": {"a": 0, "b": 1, "ab": 2, " ": 3},
                 "merges": ["a b"]}}
      """;

  @TempDir Path folder;

  private PretrainedTokenizer load(String path, String value) throws IOException {
    write(path, value);
    return PretrainedTokenizer.load(folder);
  }

  /** Puts a value, as it is spelled, into an otherwise good file. */
  private void write(String path, String value) throws IOException {
    String json = value.replace('\'', '"');
    if (path.startsWith("model.")) {
      ObjectNode tree = (ObjectNode) JSON.readTree(BASE);
      ((ObjectNode) tree.path("model")).set(path.substring(6), JSON.readTree(json));
      Files.writeString(folder.resolve("tokenizer.json"), tree.toString());
    } else {
      String old = path.equals("added_tokens") ? "[]" : "null";
      Files.writeString(
          folder.resolve("tokenizer.json"),
          BASE.replace("\"" + path + "\": " + old, "\"" + path + "\": " + json));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "model.continuing_subword_prefix; '#####'; model.merges[0] is \"a b\"",
        "normalizer; {'type':'Precompiled','precompiled_charsmap':'Z2FyYmFnZQ=='}; normalizer.precompiled_charsmap",
        "normalizer; {'type':'Precompiled'}; normalizer.precompiled_charsmap is missing",
        "normalizer; {'type':'Precompiled','precompiled_charsmap':'BAAAAP////94AA=='}; leads to unit",
        "pre_tokenizer; {'type':'FixedLength','length':0}; pre_tokenizer.length is 0",
        "decoder; {'type':'Strip','content':'a','start':0,'stop':1000}; decoder.stop is 1000",
        "decoder; {'type':'Sequence','decoders':[{'type':'Fuse'},{'type':'Strip','content':'a','start':0,'stop':1}]}; decoder.decoders[1].stop is 1",
        "decoder; {'type':'Fuse','x':'\\ud800'}; halves of surrogate pairs",
        "decoder; {'type':'Fuse','x':['\\ud800']}; halves of surrogate pairs",
        "decoder; {'type':'Fuse','x':1e999}; range of a double",
        "post_processor; {'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'[X]','type_id':0}}],'pair':[],'special_tokens':{}}; post_processor.single[0]",
        "post_processor; {'type':'TemplateProcessing','single':[{'Sequence':{'id':'B','type_id':0}}],'pair':[],'special_tokens':{}}; post_processor.single[0]",
        "post_processor; {'type':'TemplateProcessing','single':[],'pair':[],'special_tokens':{'a':{'id':'a','ids':[1,2],'tokens':['a']}}}; post_processor.special_tokens.a",
        "pre_tokenizer; {'type':'Split','pattern':{'Regex':'(a+)+(b+)+$'},'behavior':'Isolated','invert':false}; pre_tokenizer.pattern.Regex",
        "normalizer; {'type':'Replace','pattern':{'Regex':'(a|aa)+$'},'content':'x'}; normalizer.pattern.Regex",
        "normalizer; {'type':'Replace','pattern':{'String':''},'content':'x'}; comes from nothing",
        "normalizer; {'type':'Replace','pattern':{'Regex':'b?'},'content':'x'}; comes from nothing",
        "normalizer; {'type':'Unknown','pattern':{'Regex':'a'},'content':'x'}; normalizer.type is \"Unknown\"",
        "normalizer; {'pattern':{'Regex':'a'},'content':'x'}; normalizer.type is missing",
        "normalizer; {'type':'Sequence','normalizers':[{'type':'ByteLevel'},{'type':'ByteLevel'},{'type':'ByteLevel'},{'type':'ByteLevel'},{'type':'ByteLevel'},{'type':'ByteLevel'},{'type':'ByteLevel'}]}; normalizer.normalizers[6]",
        "decoder; {'type':'Replace','pattern':{'String':''},'content':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}; times as long",
        "added_tokens; [{'id':9,'content':'X','rstrip':true},{'id':10,'content':' ','lstrip':true}]; added_tokens[1]",
        "added_tokens; {'0':{'content':'X'}}; added_tokens is",
        "model.type; 'Other'; model.type is \"Other\"",
        "model.max_input_chars_per_word; 1000000; model.max_input_chars_per_word",
      })
  void filesThatEndTheProcessAreRefusedWithTheirPlace(String path, String value, String message)
      throws IOException {
    write(path, value);

    assertThatThrownBy(() -> PretrainedTokenizer.load(folder))
        .isInstanceOf(TokenizerException.class)
        .hasMessageStartingWith(folder.resolve("tokenizer.json").toString())
        .hasMessageContaining(message);
  }

  @Test
  void aChainThatMultipliesATextIsRefusedWhereItGetsTooLong() throws IOException {
    String part = "{'type':'Replace','pattern':{'Regex':'.'},'content':'" + "a".repeat(100) + "'}";

    assertThatThrownBy(
            () ->
                load(
                    "normalizer",
                    "{'type':'Sequence','normalizers':["
                        + String.join(",", List.of(part, part, part, part, part))
                        + "]}"))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining("normalizer.normalizers[1].pattern")
        .hasMessageContaining("10000 times as long");
  }

  @Test
  void anAddedTokenOfWhichTheNormalizerLeavesNothingIsRefused() throws IOException {
    ObjectNode tree = (ObjectNode) JSON.readTree(BASE);
    tree.set(
        "normalizer",
        JSON.readTree("{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}"));
    tree.set(
        "added_tokens",
        JSON.readTree(
            "[{\"id\":8,\"content\":\"x \",\"normalized\":true,\"single_word\":false,\"lstrip\":false,"
                + "\"rstrip\":false,\"special\":false}]"));
    Files.writeString(folder.resolve("tokenizer.json"), tree.toString());
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder)) {
      assertThat(tokenizer.encode("aé").length()).isPositive();
    }
    Files.writeString(
        folder.resolve("tokenizer.json"), tree.toString().replace("\"x \"", "\"  \""));

    assertThatThrownBy(() -> PretrainedTokenizer.load(folder))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining("added_tokens[0]")
        .hasMessageContaining("leaves nothing of it");
  }

  @Test
  void textsWithoutATokenAreErrorsThatNameTheFileInBatchesToo() throws IOException {
    try (PretrainedTokenizer tokenizer = load("model.unk_token", "'[UNK]'")) {
      EncodeOptions plain = EncodeOptions.defaults();
      assertThat(tokenizer.encodeBatch(List.of("ab", "a"), plain)).hasSize(2);
      assertThatThrownBy(() -> tokenizer.encode("z"))
          .isInstanceOf(TokenizerException.class)
          .hasMessageContaining("tokenizer.json has no token for some part of a text")
          .hasMessageContaining("unk_token");
      assertThatThrownBy(() -> tokenizer.encodeBatch(List.of("ab", "z"), plain))
          .isInstanceOf(TokenizerException.class);
      assertThatThrownBy(() -> tokenizer.encodePairs(List.of("ab"), List.of("z"), plain))
          .isInstanceOf(TokenizerException.class);
    }
  }

  @Test
  void aTextThatIsTooLongForTheNativeTokenizerIsRefusedWithTheRemedy() throws IOException {
    try (PretrainedTokenizer tokenizer = load("pre_tokenizer", "null")) {
      String text = "ab".repeat(1_100_000);
      assertThatThrownBy(() -> tokenizer.encode(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("2200000 characters")
          .hasMessageContaining("in pieces");
      assertThatThrownBy(() -> tokenizer.encodeBatch(List.of("a", text), EncodeOptions.defaults()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aDoubtfulPatternOfAFileThatIsTrustedIsUsed() throws IOException {
    write(
        "pre_tokenizer",
        "{'type':'Split','pattern':{'Regex':'(a|aa)+b'},'behavior':'Isolated','invert':false}");
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.loadTrusted(folder)) {
      assertThat(tokenizer.encode("ab").inputIds()).containsExactly(2);
    }
    write("decoder", "{'type':'Strip','content':'a','start':0,'stop':2}");
    assertThatThrownBy(() -> PretrainedTokenizer.loadTrusted(folder))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining("decoder.stop");
  }

  @Test
  void aNormalizerOfSentencePieceIsUsedAndEachFlippedBitIsRefusedOrHarmless() throws IOException {
    byte[] whole = charsmap();
    try (PretrainedTokenizer tokenizer = load("normalizer", precompiled(whole))) {
      // It makes A an a.
      assertThat(tokenizer.encode("Ab").inputIds()).isEqualTo(tokenizer.encode("ab").inputIds());
    }
    Random random = new Random(7);
    int refused = 0;
    for (int i = 0; i < 200; i++) {
      byte[] damaged = whole.clone();
      damaged[random.nextInt(3) == 0 ? random.nextInt(8) : 4 + 4 * 0x41 + random.nextInt(4)] ^=
          (byte) (1 << random.nextInt(8));
      try (PretrainedTokenizer tokenizer = load("normalizer", precompiled(damaged))) {
        tokenizer.encode("AbAé\u0301 xyz A");
      } catch (TokenizerException e) {
        assertThat(e).hasMessageContaining("normalizer.precompiled_charsmap");
        refused++;
      }
    }
    assertThat(refused).isBetween(20, 180);
  }

  private static String precompiled(byte[] charsmap) {
    String base64 = Base64.getEncoder().encodeToString(charsmap);
    return "{'type':'Precompiled','precompiled_charsmap':'" + base64 + "'}";
  }

  /** A trie that maps A to a: unit 0x41, which leads to the value in unit 0x100. */
  private static byte[] charsmap() {
    ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * 512 + 2).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0, 4 * 512);
    bytes.putInt(4 + 4 * 0x41, (0x141 << 10) | (1 << 8) | 0x41);
    bytes.position(4 + 4 * 512).put("a\0".getBytes(StandardCharsets.UTF_8));
    return bytes.array();
  }

  @Test
  void moreTokensThanTheNativeTokenizerCanCompareAreRefusedAtOnce() throws IOException {
    ObjectNode config = JSON.createObjectNode();
    for (int i = 0; i < 70_001; i++) {
      config.withArrayProperty("additional_special_tokens").add("<extra_" + i + ">");
    }
    Files.writeString(folder.resolve("tokenizer_config.json"), config.toString());
    assertThatThrownBy(() -> load("pre_tokenizer", "null"))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining("added_tokens is an array of 70001 values")
        .hasMessageContaining("no more than 70000");
  }

  @Test
  void thousandsOfTokensOfTheConfigurationGetIdsInTheirOrder() throws IOException {
    ObjectNode config = JSON.createObjectNode();
    for (int i = 0; i < 3_000; i++) {
      config.withArrayProperty("additional_special_tokens").add("<extra_" + i + ">");
    }
    Files.writeString(folder.resolve("tokenizer_config.json"), config.toString());
    try (PretrainedTokenizer tokenizer = load("pre_tokenizer", "null")) {
      assertThat(tokenizer.size()).isEqualTo(3_004);
      assertThat(tokenizer.encode("<extra_0>ab<extra_2999>").inputIds())
          .containsExactly(4, 2, 3_003);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "[1]; is an array; the whole",
        "{'pad_token': 1}; pad_token is 1; a text or an object",
        "{'additional_special_tokens': 'x'}; additional_special_tokens is \"x\"; an array",
        "{'additional_special_tokens': [1]}; additional_special_tokens[0] is 1; a text",
        "{'added_tokens_decoder': []}; added_tokens_decoder is []; an object",
        "{'added_tokens_decoder': {'x': {'content': 'a'}}}; added_tokens_decoder.x; an id",
        "{'added_tokens_decoder': {'1': 1}}; added_tokens_decoder.1 is 1; a text",
        "{'model_max_length': 0}; model_max_length is 0; a number from 1 on",
        "{'model_max_length': 'x'}; model_max_length is \"x\"; a number",
        "{'model_input_names': [1]}; model_input_names[0] is 1; a text",
        "{'pad_token_type_id': 'x'}; pad_token_type_id is \"x\"; a whole number",
        "{'clean_up_tokenization_spaces': 1}; clean_up_tokenization_spaces is 1; true or false",
      })
  void configurationsOfAnotherShapeAreRefusedWithTheirPlace(
      String config, String place, String expected) throws IOException {
    write("pre_tokenizer", "null");
    Files.writeString(folder.resolve("tokenizer_config.json"), config.replace('\'', '"'));
    if (config.startsWith("[")) {
      assertThatThrownBy(() -> PretrainedTokenizer.load(folder))
          .isInstanceOf(TokenizerException.class)
          .hasMessageContaining("tokenizer_config.json is [1], expected a JSON object");
      return;
    }

    assertThatThrownBy(() -> PretrainedTokenizer.load(folder))
        .isInstanceOf(TokenizerException.class)
        .hasMessageStartingWith(folder.resolve("tokenizer_config.json").toString())
        .hasMessageContaining(place)
        .hasMessageContaining("expected " + expected);
  }
}
