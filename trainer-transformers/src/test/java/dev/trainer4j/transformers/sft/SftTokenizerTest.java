// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.tokenization.AddedToken;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SftTokenizerTest {

  @TempDir Path folder;

  private final PretrainedTokenizer model = SftFigures.tokenizer();

  @AfterEach
  void close() {
    model.close();
  }

  private static SftArguments.Builder args() {
    return SftArguments.builder();
  }

  @Test
  void withoutArgumentsItIsTheOneGiven() {
    try (SftTokenizer tokenizer = SftTokenizer.of(model, args().build())) {
      assertThat(tokenizer.tokenizer()).isSameAs(model);
      assertThat(tokenizer.addedTokens()).isEmpty();
    }
    assertThat(model.encode("still open").length()).isPositive();
  }

  @Test
  void textsEndWithTheTokenThatIsNamed() {
    SftArguments args = args().eosToken("<|user|>").build();
    try (SftTokenizer tokenizer = SftTokenizer.of(model, args)) {
      int[] ids =
          TokenRow.ids(
              new SftPreparation(tokenizer.tokenizer(), args, null)
                  .prepare(Datasets.of(List.of(Map.of("text", "Lima"))), "train", false)
                  .get(0));
      assertThat(ids[ids.length - 1]).isEqualTo(model.tokenToId("<|user|>").orElseThrow());
    }
    assertThat(model.specialToken(SpecialToken.EOS)).hasValue("</s>");
  }

  @Test
  void whatFillsUpIsTheTokenNamedOrTheTokenizersOrTheEndToken() throws IOException {
    try (SftTokenizer tokenizer = SftTokenizer.of(model, args().padToken("<s>").build())) {
      assertThat(tokenizer.tokenizer().padTokenId()).isEqualTo(1);
    }
    model.save(folder);
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"eos_token\": \"</s>\"}");
    try (PretrainedTokenizer bare = PretrainedTokenizer.load(folder);
        SftTokenizer tokenizer = SftTokenizer.of(bare, args().build())) {
      assertThat(tokenizer.tokenizer().padTokenId()).isEqualTo(2);
    }
    Files.writeString(folder.resolve("tokenizer_config.json"), "{}");
    try (PretrainedTokenizer bare = PretrainedTokenizer.load(folder)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> SftTokenizer.of(bare, args().build()))
          .withMessageContaining("padToken");
    }
  }

  @Test
  void tokensThatTheVocabularyLacksAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SftTokenizer.of(model, args().eosToken("<|im_end|>").build()))
        .withMessageContaining("eosToken is '<|im_end|>'")
        .withMessageContaining("withAddedTokens");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SftTokenizer.of(model, args().padToken("[PAD]").build()))
        .withMessageContaining("padToken is '[PAD]'");
  }

  @Test
  void aTemplateOfAFileTakesThePlaceOfAllAndIsSaved() throws IOException {
    Path file = Files.writeString(folder.resolve("chat.jinja"), "{{ messages[0].content }}!");
    Path saved = Files.createDirectory(folder.resolve("saved"));
    try (SftTokenizer tokenizer = SftTokenizer.of(model, args().chatTemplatePath(file).build())) {
      tokenizer.tokenizer().save(saved);
    }
    try (PretrainedTokenizer again = PretrainedTokenizer.load(saved)) {
      assertThat(again.chatTemplate()).hasValue("{{ messages[0].content }}!");
      assertThat(again.applyChatTemplate(List.of(Map.of("role", "user", "content", "Hi"))).text())
          .isEqualTo("Hi!");
    }
  }

  @Test
  void ofAFolderComeTheTemplateTheEndTokenAndMissingTokens() throws IOException {
    Path source = Files.createDirectory(folder.resolve("source"));
    try (PretrainedTokenizer more =
            model.withAddedTokens(List.of(AddedToken.special("<|im_end|>")));
        PretrainedTokenizer ends = more.withSpecialToken(SpecialToken.EOS, "<|im_end|>");
        PretrainedTokenizer chat =
            ends.withChatTemplate("{{ messages[0].content }}{{ eos_token }}")) {
      chat.save(source);
    }
    int next = model.size();
    try (SftTokenizer tokenizer = SftTokenizer.of(model, args().chatTemplatePath(source).build())) {
      assertThat(tokenizer.addedTokens()).containsExactly(next);
      assertThat(tokenizer.tokenizer().specialTokenId(SpecialToken.EOS)).hasValue(next);
      int[] ids =
          tokenizer
              .tokenizer()
              .applyChatTemplate(List.of(Map.of("role", "user", "content", "Hi")))
              .inputIds();
      assertThat(ids[ids.length - 1]).isEqualTo(next);
    }
  }

  @Test
  void pathsWithoutATemplateAreRefused() throws IOException {
    Path bare = Files.createDirectory(folder.resolve("bare"));
    for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
      Files.copy(SftFigures.ownFolder().resolve("model").resolve(file), bare.resolve(file));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SftTokenizer.of(model, args().chatTemplatePath(bare).build()))
        .withMessageContaining("no chat template");
    Path text = Files.writeString(folder.resolve("chat.txt"), "x");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SftTokenizer.of(model, args().chatTemplatePath(text).build()))
        .withMessageContaining(".jinja or .j2");
    Path latin =
        Files.write(folder.resolve("chat.j2"), "{{ 'é' }}".getBytes(StandardCharsets.ISO_8859_1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SftTokenizer.of(model, args().chatTemplatePath(latin).build()))
        .withMessageContaining("not UTF-8");
    Path broken = Files.writeString(folder.resolve("broken.jinja"), "{% if %}");
    assertThatThrownBy(() -> SftTokenizer.of(model, args().chatTemplatePath(broken).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("chatTemplatePath is " + broken + ": ")
        .hasMessageContaining("line 1");
  }
}
