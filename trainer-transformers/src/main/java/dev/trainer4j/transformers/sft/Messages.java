// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The messages of conversations: {@code role} and {@code content}, or what ShareGPT calls {@code from} and {@code
 * value}, with its speakers {@code human} and {@code gpt}.
 */
final class Messages {

  private static final String ROLE = "role";
  private static final String CONTENT = "content";
  private static final String FROM = "from";
  private static final String VALUE = "value";
  private static final String TOOL_CALLS = "tool_calls";

  static final String ASSISTANT = "assistant";

  private static final Map<String, String> ROLES = Map.of("human", "user", "gpt", ASSISTANT);

  private Messages() {}

  /** Returns whether a value looks like a conversation, whatever is wrong with it. */
  static boolean isConversation(@Nullable Object value) {
    return value instanceof List<?> list
        && !list.isEmpty()
        && list.get(0) instanceof Map<?, ?> message
        && (message.containsKey(ROLE) || message.containsKey(FROM));
  }

  static boolean isAssistant(Map<String, ?> message) {
    return ASSISTANT.equals(message.get(ROLE));
  }

  /** Returns a message with the names of today, if it is one. */
  static Map<String, ?> checked(@Nullable Object value, String place) {
    Map<String, ?> message = renamed(RowFields.object(value, place));
    if (!(message.get(ROLE) instanceof String)) {
      throw RowFields.wrong(
          place,
          "has the role "
              + RowFields.quote(message.get(ROLE))
              + ", expected a text such as 'user'");
    }
    Object content = message.get(CONTENT);
    if (content != null && !(content instanceof String) && !(content instanceof List<?>)) {
      throw RowFields.wrong(
          place + "." + CONTENT,
          "is " + RowFields.quote(content) + ", expected a text or a list of parts");
    }
    Object calls = message.get(TOOL_CALLS);
    if (calls != null) {
      checkCalls(calls, place + "." + TOOL_CALLS);
    } else if (message.values().stream().filter(Objects::nonNull).count() == 1) {
      throw RowFields.wrong(place, "has a role and nothing else");
    }
    return message;
  }

  /** Returns whether there is nothing to learn of a message. */
  static boolean isEmpty(Map<String, ?> message) {
    return message.entrySet().stream()
        .allMatch(entry -> entry.getKey().equals(ROLE) || isNothing(entry.getValue()));
  }

  private static boolean isNothing(@Nullable Object value) {
    return value == null || value.equals("") || value.equals(List.of());
  }

  private static Map<String, ?> renamed(Map<String, ?> message) {
    if (!message.containsKey(FROM)) {
      return message;
    }
    Map<String, @Nullable Object> renamed = new LinkedHashMap<>();
    message.forEach(
        (key, value) -> {
          switch (key) {
            case FROM ->
                renamed.put(
                    ROLE, value instanceof String from ? ROLES.getOrDefault(from, from) : value);
            case VALUE -> renamed.put(CONTENT, value);
            default -> renamed.put(key, value);
          }
        });
    return renamed;
  }

  private static void checkCalls(Object calls, String place) {
    if (!(calls instanceof List<?> list)) {
      throw RowFields.wrong(
          place, "is " + RowFields.quote(calls) + ", expected a list of tool calls");
    }
    for (int i = 0; i < list.size(); i++) {
      RowFields.object(list.get(i), place + "[" + i + "]");
    }
  }
}
