// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;

/** Tokenizers put together of all parts there are, then damaged; those that load encode and decode. */
final class TokenizerFuzz implements FuzzTarget {

  private static final List<String> NORMALIZERS =
      List.of(
          "{'type':'BertNormalizer','clean_text':true,'handle_chinese_chars':true,'strip_accents':null,'lowercase':true}",
          "{'type':'Strip','strip_left':true,'strip_right':true}",
          "{'type':'StripAccents'}",
          "{'type':'NFC'}",
          "{'type':'NFD'}",
          "{'type':'NFKC'}",
          "{'type':'NFKD'}",
          "{'type':'Lowercase'}",
          "{'type':'Nmt'}",
          "{'type':'Replace','pattern':{'String':' '},'content':'▁'}",
          "{'type':'Replace','pattern':{'String':''},'content':''}",
          "{'type':'Replace','pattern':{'Regex':' {2,}'},'content':' '}",
          "{'type':'Replace','pattern':{'Regex':'a*'},'content':''}",
          "{'type':'Prepend','prepend':'▁'}",
          "{'type':'ByteLevel'}",
          "{'type':'Precompiled','precompiled_charsmap':'" + charsmap() + "'}");

  private static final List<String> PRE_TOKENIZERS =
      List.of(
          "{'type':'BertPreTokenizer'}",
          "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}",
          "{'type':'Metaspace','replacement':'▁','prepend_scheme':'always','split':true}",
          "{'type':'Whitespace'}",
          "{'type':'WhitespaceSplit'}",
          "{'type':'Punctuation','behavior':'Isolated'}",
          "{'type':'Digits','individual_digits':true}",
          "{'type':'UnicodeScripts'}",
          "{'type':'FixedLength','length':3}",
          "{'type':'CharDelimiterSplit','delimiter':'a'}",
          "{'type':'Split','pattern':{'Regex':'\\\\s+(?!\\\\S)|\\\\s+|\\\\p{L}+'},'behavior':'Isolated','invert':false}",
          "{'type':'Split','pattern':{'String':'a'},'behavior':'MergedWithNext','invert':true}",
          "{'type':'Split','pattern':{'Regex':'[ab]+b?'},'behavior':'Contiguous','invert':false}");

  private static final List<String> PROCESSORS =
      List.of(
          "{'type':'BertProcessing','sep':['b',1],'cls':['a',0]}",
          "{'type':'RobertaProcessing','sep':['b',1],'cls':['a',0],'trim_offsets':true,'add_prefix_space':true}",
          "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}",
          "{'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'a','type_id':0}},{'Sequence':{'id':'A','type_id':0}}],"
              + "'pair':[{'Sequence':{'id':'A','type_id':0}},{'Sequence':{'id':'B','type_id':1}}],"
              + "'special_tokens':{'a':{'id':'a','ids':[0],'tokens':['a']}}}");

  private static final List<String> DECODERS =
      List.of(
          "{'type':'BPEDecoder','suffix':'b'}",
          "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}",
          "{'type':'WordPiece','prefix':'##','cleanup':true}",
          "{'type':'Metaspace','replacement':'▁','prepend_scheme':'always','split':true}",
          "{'type':'CTC','pad_token':'a','word_delimiter_token':'|','cleanup':true}",
          "{'type':'Replace','pattern':{'String':'▁'},'content':' '}",
          "{'type':'Fuse'}",
          "{'type':'Strip','content':' ','start':1,'stop':0}",
          "{'type':'Strip','content':'a','start':9,'stop':0}",
          "{'type':'ByteFallback'}");

  private static final List<String> MODELS =
      List.of(
          "{'type':'BPE','dropout':null,'unk_token':'c','continuing_subword_prefix':null,'end_of_word_suffix':null,"
              + "'fuse_unk':true,'byte_fallback':true,'ignore_merges':true,"
              + "'vocab':{'a':0,'b':1,'c':2,'ab':3,'▁':4,'Ġ':5,'abb':6},'merges':[['a','b'],'ab b']}",
          "{'type':'BPE','dropout':null,'unk_token':null,'continuing_subword_prefix':'##','end_of_word_suffix':'</w>',"
              + "'fuse_unk':false,'byte_fallback':false,'vocab':{'a':0,'##b':1,'ab':2,'b</w>':3},'merges':['a ##b']}",
          "{'type':'WordPiece','unk_token':'c','continuing_subword_prefix':'##','max_input_chars_per_word':100,"
              + "'vocab':{'a':0,'b':1,'c':2,'##a':3,'##b':4}}",
          "{'type':'WordLevel','unk_token':'c','vocab':{'a':0,'b':1,'c':2}}",
          "{'type':'Unigram','unk_id':0,'byte_fallback':false,'vocab':[['c',0.0],['a',-1.5],['b',-2],['▁a',-3]]}",
          "{'type':'Unigram','unk_id':null,'vocab':[['a',-1.5],['b',-2]]}");

  private static final List<String> CONTENTS =
      List.of("<s>", "</s>", " ", "  x", "a", "é", "\u0301", "", "▁", "<mask>");

  /** For damage that no other value makes: other units, other texts. */
  private static final String CHARSMAP_KEY = "precompiled_charsmap";

  private static final List<String> TEXTS =
      List.of(
          "",
          "ab",
          "a b  abba\n\nab ",
          "é \u0301😀 İstanbul ﷺ ｆｕｌｌ \u200d\ufeff",
          "<s>ab<mask>  x </s>   ",
          "a".repeat(3_000) + "c",
          (" ".repeat(40) + "b\r\n").repeat(50),
          "\u0000\ud800x");

  /** A trie that maps A to a: unit 0x41, which leads to the value in unit 0x100. */
  private static String charsmap() {
    ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * 512 + 2).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0, 4 * 512);
    bytes.putInt(4 + 4 * 0x41, (0x141 << 10) | (1 << 8) | 0x41);
    bytes.put(4 + 4 * 512, (byte) 'a');
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  @Override
  public void prepare(Path folder) {
    // Everything is made anew for each input.
  }

  @Override
  public void run(Random random, Path folder) throws IOException {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("version", "1.0");
    json.set("truncation", null);
    json.set("padding", null);
    json.set("added_tokens", addedTokens(random));
    json.set("normalizer", section(NORMALIZERS, "normalizers", random));
    json.set("pre_tokenizer", section(PRE_TOKENIZERS, "pretokenizers", random));
    json.set("post_processor", section(PROCESSORS, "processors", random));
    json.set("decoder", section(DECODERS, "decoders", random));
    json.set("model", parse(MODELS.get(random.nextInt(MODELS.size()))));
    damageCharsmaps(json, random);
    byte[] bytes =
        random.nextBoolean()
            ? json.toString().getBytes(StandardCharsets.UTF_8)
            : JsonDamage.damage(json, random);
    Files.write(folder.resolve("tokenizer.json"), bytes);
    JsonNode config =
        JsonDamage.parse(
            "{\"pad_token\":\"<pad>\",\"model_max_length\":512,\"padding_side\":\"left\","
                + "\"additional_special_tokens\":[\"<x>\"],\"added_tokens_decoder\":{\"0\":{\"content\":\"a\"}},"
                + "\"model_input_names\":[\"input_ids\"]}");
    Files.write(
        folder.resolve("tokenizer_config.json"),
        random.nextInt(3) == 0
            ? JsonDamage.damage(config, random)
            : "{}".getBytes(StandardCharsets.UTF_8));
    use(folder);
  }

  private static void damageCharsmaps(JsonNode node, Random random) {
    if (node instanceof ObjectNode object && object.has(CHARSMAP_KEY) && random.nextBoolean()) {
      byte[] bytes = Base64.getDecoder().decode(object.path(CHARSMAP_KEY).textValue());
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      bytes[4 + 4 * 0x41 + random.nextInt(4)] ^= (byte) (random.nextInt(2) << random.nextInt(8));
      object.put(CHARSMAP_KEY, Base64.getEncoder().encodeToString(bytes));
    }
    node.forEach(child -> damageCharsmaps(child, random));
  }

  private static void use(Path folder) {
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder)) {
      EncodeOptions plain = EncodeOptions.defaults();
      for (String text : TEXTS) {
        TokenizedText tokens = tokenizer.encode(text, plain);
        tokenizer.decode(tokens.inputIds(), false);
      }
      tokenizer.encodePair(TEXTS.get(2), TEXTS.get(4), plain);
      tokenizer.encodeBatch(TEXTS, plain);
      tokenizer.encodePairs(TEXTS, TEXTS, plain);
      tokenizer.encodeWords(List.of("ab", "", "<s>"), plain);
      tokenizer.decode(new int[] {0, 1, 2, 3, 4, 5, 6, 7, Integer.MAX_VALUE}, true);
      tokenizer.decode(new int[0], false);
    }
  }

  private static ArrayNode addedTokens(Random random) {
    ArrayNode tokens = JsonNodeFactory.instance.arrayNode();
    for (int i = random.nextInt(4); i > 0; i--) {
      tokens
          .addObject()
          .put("id", random.nextInt(10))
          .put("content", CONTENTS.get(random.nextInt(CONTENTS.size())))
          .put("single_word", random.nextBoolean())
          .put("lstrip", random.nextBoolean())
          .put("rstrip", random.nextBoolean())
          .put("normalized", random.nextBoolean())
          .put("special", random.nextBoolean());
    }
    return tokens;
  }

  private static JsonNode section(List<String> parts, String key, Random random) {
    int count = random.nextInt(4);
    if (count == 0) {
      return JsonNodeFactory.instance.nullNode();
    }
    List<JsonNode> chosen = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      chosen.add(parse(parts.get(random.nextInt(parts.size()))));
    }
    if (count == 1) {
      return chosen.get(0);
    }
    ObjectNode sequence = JsonNodeFactory.instance.objectNode().put("type", "Sequence");
    sequence.putArray(key).addAll(chosen);
    return sequence;
  }

  private static JsonNode parse(String text) {
    return JsonDamage.parse(text.replace('\'', '"'));
  }
}
