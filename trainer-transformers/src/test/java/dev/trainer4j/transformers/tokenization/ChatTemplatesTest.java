// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatTemplatesTest {

  private static final String MARKED =
      "{% for m in messages %}{{ m.role }}: {% generation %}{{ m.content }}{% endgeneration %}{{ '\\n' }}{% endfor %}";

  private static Map<String, Object> turn(String role, Object content) {
    return Map.of("role", role, "content", content);
  }

  private static ChatTemplateOptions.Builder with(String template) {
    return ChatTemplateOptions.builder().chatTemplate(template);
  }

  @Test
  void everyTokenOfAnAnswerIsMarkedAlsoThoseOfOneCharacter() {
    try (PretrainedTokenizer tokenizer = Tokenizers.load("bytebpe")) {
      TokenizedChat chat =
          tokenizer.applyChatTemplate(
              List.of(turn("a", "x😀"), turn("b", ""), turn("c", "😀y")),
              null,
              with(MARKED).returnAssistantTokensMask(true).build());
      StringBuilder marked = new StringBuilder();
      int tokens = 0;
      for (int i = 0; i < chat.tokens().length(); i++) {
        if (chat.assistantMask()[i] == 1) {
          tokens++;
          marked.append(chat.text(), chat.tokens().start(i), chat.tokens().end(i));
        }
      }
      // An emoji is four tokens here, one for each byte; all have its place in the text.
      assertThat(tokens).isEqualTo(10);
      assertThat(marked).hasToString("x" + "😀".repeat(8) + "y");
      assertThat(chat.spans()).hasSize(3);
    }
  }

  @Test
  void aTemplateWritesTheSpecialTokensOnce() {
    try (PretrainedTokenizer tokenizer = Tokenizers.load("bytebpe")) {
      String bos = tokenizer.specialToken(SpecialToken.BOS).orElseThrow();
      int[] ids =
          tokenizer
              .applyChatTemplate(
                  List.of(turn("user", "Hi")), null, with("{{ bos_token }}Hi").build())
              .inputIds();
      EncodeOptions bare = EncodeOptions.builder().addSpecialTokens(false).build();
      assertThat(ids).isEqualTo(tokenizer.encode(bos + "Hi", bare).inputIds());
      assertThat(ids[0]).isEqualTo(tokenizer.tokenToId(bos).orElseThrow());
    }
  }

  @Test
  void theCallersMessagesStayAsTheyAre() {
    Map<String, Object> part = new HashMap<>(Map.of("type", "text", "text", "on"));
    Map<String, Object> last = new HashMap<>(turn("assistant", new ArrayList<>(List.of(part))));
    List<Map<String, Object>> messages = new ArrayList<>(List.of(turn("user", "x"), last));
    String before = messages.toString();
    try (PretrainedTokenizer tokenizer = Tokenizers.load("bytebpe")) {
      String text =
          tokenizer
              .renderChat(
                  messages,
                  null,
                  with("{{ messages[-1].content[0].text }}<end>")
                      .continueFinalMessage(true)
                      .build())
              .text();
      assertThat(text).isEqualTo("on");
    }
    assertThat(messages).hasToString(before);
  }

  @Test
  void anotherFieldThanTheContentCanGoOn() {
    try (PretrainedTokenizer tokenizer = Tokenizers.load("bytebpe")) {
      List<Map<String, Object>> messages =
          List.of(Map.of("role", "assistant", "content", "", "reasoning", "Let me"));
      ChatTemplateOptions options =
          with("<think>{{ messages[-1].reasoning }}</think>")
              .continueFinalMessage("reasoning")
              .build();
      assertThat(tokenizer.renderChat(messages, null, options).text()).isEqualTo("<think>Let me");
    }
  }

  @Test
  void whatDoesNotFitIsRefusedWithTheReason() {
    List<Map<String, Object>> messages = List.of(turn("user", "x"));
    try (PretrainedTokenizer tokenizer = Tokenizers.load("bytebpe");
        PretrainedTokenizer base = Tokenizers.load("wordpiece")) {
      assertThatThrownBy(() -> base.applyChatTemplate(messages))
          .isInstanceOf(TokenizerException.class)
          .hasMessageContaining("chat_template.jinja does not exist")
          .hasMessageContaining("base model");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> tokenizer.applyChatTemplate(List.of()))
          .withMessageContaining("at least one message");
      assertThatThrownBy(() -> tokenizer.renderChat(messages, null, with("tool-use").build()))
          .hasMessageContaining("'tool-use'")
          .hasMessageContaining("default");
      assertThatThrownBy(
              () ->
                  tokenizer.renderChat(
                      messages, null, with("a\n{{ raise_exception('No tools!') }}").build()))
          .isInstanceOf(TokenizerException.class)
          .hasMessageContaining("the chat template cannot render this conversation")
          .hasMessageContaining("line 2: No tools!");
      assertThatThrownBy(() -> tokenizer.renderChat(messages, null, with("{% if %}").build()))
          .hasMessageContaining("the chat template given is none that can be rendered")
          .hasMessageContaining("line 1: Expected an expression");
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  tokenizer.renderChat(
                      messages, null, with("{{ x }}").returnAssistantTokensMask(true).build()))
          .withMessageContaining("{% generation %}");
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  tokenizer.renderChat(
                      messages, null, with("{{ x }}").continueFinalMessage(true).build()))
          .withMessageContaining("does not read");
      assertThatThrownBy(
              () ->
                  tokenizer.renderChat(
                      messages, null, with("{{ 'content' }}").continueFinalMessage(true).build()))
          .hasMessageContaining("leaves out or changes parts of messages");
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  tokenizer.renderChat(
                      List.of(Map.of("role", "user")),
                      null,
                      with("{{ content }}").continueFinalMessage(true).build()))
          .withMessageContaining("no 'content'");
      assertThatThrownBy(
              () ->
                  tokenizer.renderChat(
                      List.of(turn("user", new Object())), null, with("{{ 1 }}").build()))
          .hasMessageContaining("messages[0].content is of the class java.lang.Object");
    }
  }

  @Test
  void optionsThatExcludeEachOtherAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> with("{{ 1 }}").addGenerationPrompt(true).continueFinalMessage(true).build());
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                with("{{ 1 }}").returnAssistantTokensMask(true).continueFinalMessage(true).build());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> with("{{ 1 }}").maxLength(5).build())
        .withMessageContaining("without truncation");
    assertThatIllegalArgumentException().isThrownBy(() -> with("{{ 1 }}").variable("tools", 1));
    assertThatIllegalArgumentException().isThrownBy(() -> with("{{ 1 }}").maxLength(0));
  }

  @Test
  void aConfigurationWithAnotherKindOfTemplateIsRefused(@TempDir Path folder) throws IOException {
    Files.copy(
        Tokenizers.folder("wordpiece").resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    Files.writeString(
        folder.resolve("tokenizer_config.json"), "{\"chat_template\": [{\"name\": \"a\"}]}");
    assertThatThrownBy(() -> PretrainedTokenizer.load(folder))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining("tokenizer_config.json")
        .hasMessageContaining("chat_template");
  }

  @Test
  void severalTemplatesAreSavedAgain(@TempDir Path root) throws IOException {
    Path source =
        Files.createDirectories(root.resolve("source/additional_chat_templates")).getParent();
    Path target = Files.createDirectory(root.resolve("target"));
    Files.copy(
        Tokenizers.folder("wordpiece").resolve("tokenizer.json"), source.resolve("tokenizer.json"));
    Files.writeString(source.resolve("chat_template.jinja"), "one");
    Files.writeString(source.resolve("additional_chat_templates/tool_use.jinja"), "two");
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(source)) {
      tokenizer.save(target);
    }
    try (PretrainedTokenizer again = PretrainedTokenizer.load(target)) {
      assertThat(again.chatTemplates()).isEqualTo(Map.of("default", "one", "tool_use", "two"));
      assertThat(again.chatTemplate()).hasValue("one");
    }
  }
}
