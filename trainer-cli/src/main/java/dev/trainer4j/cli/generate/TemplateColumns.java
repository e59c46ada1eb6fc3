// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.generate;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.trainer4j.transformers.tokenization.ChatTemplateOptions;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a chat template is told beside the messages, in columns of their own: a model was trained with it. */
final class TemplateColumns {

  private static final String TOOLS = "tools";
  private static final String VARIABLES = "chat_template_kwargs";

  private TemplateColumns() {}

  /** Returns the descriptions of functions, a list or its JSON; null for none. */
  static @Nullable List<Map<String, Object>> tools(Map<String, Object> row) {
    Object value = row.get(TOOLS);
    if (value instanceof String json) {
      try {
        value = JsonText.read(json);
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException(
            TOOLS + " is no JSON list of tools: " + e.getOriginalMessage(), e);
      }
    }
    if (value == null) {
      return null;
    }
    if (!(value instanceof List<?> list) || !list.stream().allMatch(Map.class::isInstance)) {
      throw new IllegalArgumentException(
          TOOLS + " is " + value + ", expected a list of objects, or its JSON");
    }
    @SuppressWarnings("unchecked") // Read from JSON.
    List<Map<String, Object>> tools = (List<Map<String, Object>>) list;
    return tools;
  }

  /** Returns options that end in the prompt for an answer, with the row's own variables. */
  static ChatTemplateOptions options(Map<String, Object> row) {
    Object value = row.get(VARIABLES);
    ChatTemplateOptions.Builder options = ChatTemplateOptions.builder().addGenerationPrompt(true);
    if (value == null) {
      return options.build();
    }
    if (!(value instanceof Map<?, ?> variables)) {
      throw new IllegalArgumentException(VARIABLES + " is " + value + ", expected an object");
    }
    variables.forEach((name, variable) -> options.variable((String) name, variable));
    return options.build();
  }
}
