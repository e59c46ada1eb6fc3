// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.jinja.ChatTemplate;
import dev.trainer4j.jinja.TemplateException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The chat templates of a tokenizer by name: those in files of their own, else those in {@code
 * tokenizer_config.json}. A template is compiled once.
 */
final class ChatTemplates {

  static final String DEFAULT = "default";

  private static final String TOOL_USE = "tool_use";
  private static final String SUFFIX = ".jinja";

  /** Templates that callers bring along: so many are kept. */
  private static final int MOST_COMPILED = 64;

  private final TokenizerFiles files;
  private final Map<String, String> texts;
  private final Map<String, ChatTemplate> compiled = new ConcurrentHashMap<>();

  /**
   * @param inConfiguration {@code chat_template} of {@code tokenizer_config.json}; a missing node if it has none
   */
  ChatTemplates(TokenizerFiles files, JsonNode inConfiguration) {
    this.files = files;
    Map<String, String> own = new TreeMap<>();
    files.text(TokenizerFiles.CHAT_TEMPLATE).ifPresent(text -> own.put(DEFAULT, text));
    for (String name : files.moreTemplates()) {
      if (name.endsWith(SUFFIX)) {
        String bare = name.substring(name.indexOf('/') + 1, name.length() - SUFFIX.length());
        own.put(bare, files.text(name).orElseThrow());
      }
    }
    texts = Collections.unmodifiableMap(own.isEmpty() ? ofConfiguration(inConfiguration) : own);
  }

  private Map<String, String> ofConfiguration(JsonNode node) {
    Map<String, String> named = new LinkedHashMap<>();
    if (node.isTextual()) {
      named.put(DEFAULT, node.textValue());
    } else if (node.isObject()) {
      node.properties().forEach(entry -> put(named, entry.getKey(), entry.getValue()));
    } else if (node.isArray()) {
      node.forEach(entry -> put(named, entry.path("name").textValue(), entry.path("template")));
    } else if (!node.isMissingNode()) {
      throw wrong(node);
    }
    return named;
  }

  private void put(Map<String, String> named, @Nullable String name, JsonNode template) {
    if (name == null || !template.isTextual()) {
      throw wrong(template);
    }
    named.put(name, template.textValue());
  }

  private TokenizerException wrong(JsonNode node) {
    return files.wrong(
        TokenizerFiles.CONFIG,
        "has "
            + node
            + " in chat_template, expected a text, or a list of objects with \"name\" and"
            + " \"template\"",
        null);
  }

  /** The texts by name. */
  Map<String, String> texts() {
    return texts;
  }

  /** Returns the text of the template for a conversation, by the rules of transformers. */
  String choose(@Nullable String nameOrText, boolean withTools) {
    if (nameOrText != null) {
      return named(nameOrText);
    }
    if (texts.isEmpty()) {
      throw new TokenizerException(
          files.path(TokenizerFiles.CHAT_TEMPLATE)
              + " does not exist, and "
              + TokenizerFiles.CONFIG
              + " has no chat_template: this is the tokenizer of a base model. Give the text of a template in"
              + " ChatTemplateOptions.chatTemplate.");
    }
    String text = withTools ? texts.get(TOOL_USE) : null;
    text = text == null ? texts.get(DEFAULT) : text;
    if (text == null) {
      throw new TokenizerException(
          "the tokenizer has the chat templates "
              + texts.keySet()
              + " and no default: name one in ChatTemplateOptions.chatTemplate.");
    }
    return text;
  }

  private String named(String nameOrText) {
    String text = texts.get(nameOrText);
    if (text == null && nameOrText.indexOf('{') < 0) {
      throw new TokenizerException(
          "chatTemplate is '"
              + nameOrText
              + "', which is neither the name of a template of the tokenizer ("
              + (texts.isEmpty() ? "it has none" : String.join(", ", texts.keySet()))
              + ") nor the text of one, which has {{ or {% in it.");
    }
    return text == null ? nameOrText : text;
  }

  /** Compiles a template, if it is not compiled yet. */
  ChatTemplate compile(String text) {
    ChatTemplate template = compiled.get(text);
    if (template != null) {
      return template;
    }
    try {
      template = ChatTemplate.compile(text);
    } catch (TemplateException e) {
      throw new TokenizerException(
          (texts.containsValue(text) ? "the tokenizer's chat template" : "the chat template given")
              + " is none that can be rendered: "
              + e.getMessage(),
          e);
    }
    if (compiled.size() < MOST_COMPILED) {
      compiled.put(text, template);
    }
    return template;
  }
}
