// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.tokenization;

import dev.trainer4j.jinja.Rendered;
import dev.trainer4j.jinja.TemplateException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** From a conversation to its text: what transformers does around a template. */
final class ChatRenderer {

  private static final Pattern GENERATION = Pattern.compile("\\{%[-+]?\\s*generation\\s*[-+]?%\\}");

  /** Marks the end of a message that goes on; the space shows whether the template strips messages. */
  private static final String TAG = "CONTINUE_FINAL_MESSAGE_TAG ";

  private final ChatTemplates templates;
  private final Map<SpecialToken, String> specialTokens = new EnumMap<>(SpecialToken.class);

  ChatRenderer(ChatTemplates templates, Map<SpecialToken, AddedToken> specialTokens) {
    this.templates = templates;
    specialTokens.forEach((role, token) -> this.specialTokens.put(role, token.content()));
  }

  Rendered render(
      List<? extends Map<String, ?>> messages,
      @Nullable List<? extends Map<String, ?>> tools,
      ChatTemplateOptions options) {
    if (messages.isEmpty()) {
      throw new IllegalArgumentException("messages is empty: give at least one message.");
    }
    String template = templates.choose(options.chatTemplate(), tools != null);
    if (options.returnAssistantTokensMask() && !GENERATION.matcher(template).find()) {
      throw new IllegalArgumentException(
          "returnAssistantTokensMask marks the tokens of {% generation %} blocks, and the chat template has"
              + " none: give one that has with chatTemplate, or leave the option out.");
    }
    String field = options.continueFinalMessage();
    if (field == null) {
      return render(template, messages, tools, options);
    }
    Open open = Open.of(messages, field, template);
    String text = render(template, open.messages, tools, options).text();
    return new Rendered(open.cut(text), List.of());
  }

  private Rendered render(
      String template,
      List<? extends Map<String, ?>> messages,
      @Nullable List<? extends Map<String, ?>> tools,
      ChatTemplateOptions options) {
    Map<String, @Nullable Object> context = new LinkedHashMap<>();
    specialTokens.forEach((role, token) -> context.put(role.key(), token));
    context.putAll(options.variables());
    context.put("messages", messages);
    context.put("tools", tools);
    context.put("documents", options.documents());
    context.put("add_generation_prompt", options.addGenerationPrompt());
    try {
      return templates.compile(template).render(context);
    } catch (TemplateException e) {
      throw new TokenizerException(
          "the chat template cannot render this conversation: " + e.getMessage(), e);
    }
  }

  /** A conversation whose last message has the tag behind it. */
  private record Open(List<Map<String, ?>> messages, String text) {

    static Open of(List<? extends Map<String, ?>> messages, String field, String template) {
      Map<String, Object> last = new LinkedHashMap<>(messages.get(messages.size() - 1));
      Object value = last.get(field);
      if (value == null) {
        throw new IllegalArgumentException(
            "continueFinalMessage is set, but the last message has no '"
                + field
                + "' to go on with.");
      }
      if (!template.contains(field)) {
        throw new IllegalArgumentException(
            "continueFinalMessage is '" + field + "', which the chat template does not read.");
      }
      String text;
      if (value instanceof List<?> parts) {
        List<Object> changed = new ArrayList<>(parts);
        int index = lastText(changed);
        Map<String, Object> part = new LinkedHashMap<>();
        ((Map<?, ?>) changed.get(index))
            .forEach((key, entry) -> part.put(String.valueOf(key), entry));
        text = String.valueOf(part.get("text"));
        part.put("text", text + TAG);
        changed.set(index, part);
        last.put(field, changed);
      } else {
        text = value.toString();
        last.put(field, text + TAG);
      }
      List<Map<String, ?>> open = new ArrayList<>(messages);
      open.set(open.size() - 1, last);
      return new Open(open, text);
    }

    private static int lastText(List<Object> parts) {
      for (int i = parts.size() - 1; i >= 0; i--) {
        if (parts.get(i) instanceof Map<?, ?> part && part.get("text") != null) {
          return i;
        }
      }
      throw new IllegalArgumentException(
          "continueFinalMessage is set, but no part of the last message has a 'text' to go on with.");
    }

    String cut(String rendered) {
      String bare = TAG.strip();
      int at = rendered.lastIndexOf(bare);
      if (at < 0 || !rendered.contains(text.strip())) {
        throw new TokenizerException(
            "continueFinalMessage is set, but the text of the last message is not in what the chat template"
                + " makes of it, which leaves out or changes parts of messages: '"
                + text.strip()
                + "' is not in '"
                + rendered.replace(bare, "")
                + "'.");
      }
      String before = rendered.substring(0, at);
      return rendered.startsWith(TAG, at) ? before : before.stripTrailing();
    }
  }
}
