// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds texts, ids, masks and the choice of templates to those of transformers. */
class GoldenChatTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static JsonNode golden() throws IOException {
    return Tokenizers.golden("chat");
  }

  private static @Nullable List<Map<String, Object>> maps(JsonNode node) {
    return node.isMissingNode() ? null : JSON.convertValue(node, new TypeReference<>() {});
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytebpe", "roberta", "unigram", "wordpiece"})
  void conversationsHaveTheReferencesTextIdsAndMask(String name) throws IOException {
    JsonNode golden = golden();
    int compared = 0;
    try (PretrainedTokenizer tokenizer = Tokenizers.load(name)) {
      for (JsonNode figure : golden.get("cases")) {
        if (!figure.get("tokenizer").asText().equals(name)) {
          continue;
        }
        JsonNode given = figure.get("options");
        String template = golden.at("/templates/" + figure.get("template").asText()).asText();
        ChatTemplateOptions options = options(given, template);
        List<Map<String, Object>> messages =
            maps(golden.at("/chats/" + figure.get("chat").asText()));
        TokenizedChat chat =
            tokenizer.applyChatTemplate(messages, maps(given.path("tools")), options);
        assertThat(chat.text()).isEqualTo(figure.get("text").asText());
        assertThat(chat.inputIds()).isEqualTo(JSON.convertValue(figure.get("ids"), int[].class));
        if (!figure.get("mask").isNull()) {
          assertThat(chat.assistantMask())
              .as(chat.tokens().toString())
              .isEqualTo(JSON.convertValue(figure.get("mask"), int[].class));
          assertThat(chat.toSample().get("assistant_masks")).isSameAs(chat.assistantMask());
        }
        assertThat(tokenizer.renderChat(messages, maps(given.path("tools")), options).text())
            .isEqualTo(chat.text());
        compared++;
      }
    }
    assertThat(compared).isEqualTo(13);
  }

  private static ChatTemplateOptions options(JsonNode given, String template) {
    ChatTemplateOptions.Builder builder = ChatTemplateOptions.builder().chatTemplate(template);
    given
        .properties()
        .forEach(
            option -> {
              JsonNode value = option.getValue();
              switch (option.getKey()) {
                case "add_generation_prompt" -> builder.addGenerationPrompt(value.asBoolean());
                case "continue_final_message" -> builder.continueFinalMessage(value.asBoolean());
                case "return_assistant_tokens_mask" ->
                    builder.returnAssistantTokensMask(value.asBoolean());
                case "truncation" -> builder.truncation(value.asBoolean());
                case "max_length" -> builder.maxLength(value.asInt());
                case "documents" -> builder.documents(maps(value));
                case "tools" -> {}
                default -> builder.variable(option.getKey(), value.textValue());
              }
            });
    return builder.build();
  }

  @Test
  void theReferencesTemplateIsTakenOfFilesAndConfiguration(@TempDir Path root) throws IOException {
    Map<String, PretrainedTokenizer> tokenizers = new HashMap<>();
    List<String> chosen = new ArrayList<>();
    try {
      for (JsonNode choice : golden().get("choices")) {
        String layout = choice.get("config") + " " + choice.get("files");
        if (!tokenizers.containsKey(layout)) {
          Path folder = Files.createDirectory(root.resolve("folder" + tokenizers.size()));
          tokenizers.put(layout, load(folder, choice));
        }
        String given = choice.get("given").textValue();
        ChatTemplateOptions.Builder options = ChatTemplateOptions.builder();
        if (given != null) {
          options.chatTemplate(given);
        }
        List<Map<String, Object>> tools =
            choice.get("tools").asBoolean() ? List.of(Map.of()) : null;
        PretrainedTokenizer tokenizer = tokenizers.get(layout);
        String expected = choice.get("chosen").textValue();
        List<Map<String, Object>> messages = List.of(Map.of("role", "user", "content", "x"));
        // The reference takes a name that it does not know for the text of a template.
        boolean mistyped = expected != null && expected.equals(given) && !given.contains("{");
        if (mistyped && given.equals("default") && tokenizer.chatTemplate().isPresent()) {
          expected = tokenizer.chatTemplate().get();
        } else if (mistyped || expected == null) {
          assertThatThrownBy(() -> tokenizer.renderChat(messages, tools, options.build()))
              .as(layout + given)
              .isInstanceOf(TokenizerException.class);
          continue;
        }
        String text = expected.equals("{{ 1 }}") ? "1" : expected;
        assertThat(tokenizer.renderChat(messages, tools, options.build()).text())
            .as(layout + given + tools)
            .isEqualTo(text);
        chosen.add(text);
      }
    } finally {
      tokenizers.values().forEach(PretrainedTokenizer::close);
    }
    assertThat(chosen).contains("C", "T", "R", "F", "A", "1");
  }

  private static PretrainedTokenizer load(Path folder, JsonNode layout) throws IOException {
    Path source = Tokenizers.folder("wordpiece");
    Files.copy(source.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    ObjectNode config =
        (ObjectNode) JSON.readTree(source.resolve("tokenizer_config.json").toFile());
    if (!layout.get("config").isNull()) {
      config.set("chat_template", layout.get("config"));
    }
    JSON.writeValue(folder.resolve("tokenizer_config.json").toFile(), config);
    Files.createDirectory(folder.resolve("additional_chat_templates"));
    for (Map.Entry<String, JsonNode> file : layout.get("files").properties()) {
      Files.writeString(folder.resolve(file.getKey()), file.getValue().asText());
    }
    return PretrainedTokenizer.load(folder);
  }
}
