// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the columns of a row, and says what is wrong with one that is not what it should be. */
final class RowFields {

  private static final int LONGEST_QUOTE = 60;

  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(new TypeReference<List<Object>>() {});

  private RowFields() {}

  /** Returns whether a row has a value in a column; null counts as none. */
  static boolean has(Map<String, ?> row, String column) {
    return row.get(column) != null;
  }

  static String text(Map<String, ?> row, String column) {
    if (value(row, column) instanceof String text) {
      return text;
    }
    throw wrong(column, "is " + quote(row.get(column)) + ", expected a text");
  }

  /** The messages of a conversation, with their names of today. */
  static List<Map<String, ?>> messages(Map<String, ?> row, String column) {
    if (!(value(row, column) instanceof List<?> list)) {
      throw wrong(column, "is " + quote(row.get(column)) + ", expected a list of messages");
    }
    if (list.isEmpty()) {
      throw wrong(column, "is empty, expected a message at least");
    }
    List<Map<String, ?>> messages = new ArrayList<>(list.size());
    for (int i = 0; i < list.size(); i++) {
      messages.add(Messages.checked(list.get(i), column + "[" + i + "]"));
    }
    return messages;
  }

  /** The tools, which are a list or its JSON; null where there are none. */
  static @Nullable List<Map<String, ?>> tools(Map<String, ?> row) {
    String column = "tools";
    Object value = row.get(column);
    if (value instanceof String json) {
      try {
        value = JSON.readValue(json);
      } catch (JsonProcessingException e) {
        throw wrong(column, "is no JSON list of tools: " + e.getOriginalMessage());
      }
    }
    if (value == null) {
      return null;
    }
    if (!(value instanceof List<?> list)) {
      throw wrong(column, "is " + quote(value) + ", expected a list of tools or its JSON");
    }
    List<Map<String, ?>> tools = new ArrayList<>(list.size());
    for (int i = 0; i < list.size(); i++) {
      tools.add(object(list.get(i), column + "[" + i + "]"));
    }
    return tools;
  }

  /** What the template is told beside the conversation; empty where the column is not there. */
  static Map<String, ?> variables(Map<String, ?> row) {
    String column = "chat_template_kwargs";
    return has(row, column) ? object(row.get(column), column) : Map.of();
  }

  static Map<String, ?> object(@Nullable Object value, String place) {
    if (!(value instanceof Map<?, ?> map)) {
      throw wrong(place, "is " + quote(value) + ", expected an object");
    }
    Map<String, Object> object = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (!(entry.getKey() instanceof String key)) {
        throw wrong(place, "has the key " + quote(entry.getKey()) + ", expected a text");
      }
      object.put(key, entry.getValue());
    }
    return object;
  }

  /** Whole numbers, in an array or a list. */
  static int[] ints(Map<String, ?> row, String column) {
    Object value = value(row, column);
    if (value instanceof int[] ints) {
      return ints;
    }
    long[] wide;
    if (value instanceof long[] longs) {
      wide = longs;
    } else if (value instanceof List<?> list) {
      wide = new long[list.size()];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = whole(list.get(i), column + "[" + i + "]");
      }
    } else {
      throw wrong(column, "is " + quote(value) + ", expected a list of whole numbers");
    }
    int[] ints = new int[wide.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = (int) wide[i];
      if (ints[i] != wide[i]) {
        throw wrong(column + "[" + i + "]", "is " + wide[i] + ", which no token has");
      }
    }
    return ints;
  }

  private static long whole(@Nullable Object value, String place) {
    if (value instanceof Integer
        || value instanceof Long
        || value instanceof Short
        || value instanceof Byte) {
      return ((Number) value).longValue();
    }
    throw wrong(place, "is " + quote(value) + ", expected a whole number");
  }

  private static Object value(Map<String, ?> row, String column) {
    Object value = row.get(column);
    if (value == null) {
      throw wrong(
          column,
          row.containsKey(column)
              ? "is null"
              : "is not there: the row has the columns " + row.keySet());
    }
    return value;
  }

  static InvalidRowException wrong(String place, String what) {
    return new InvalidRowException("'" + place + "' " + what);
  }

  /** A value as it is shown in messages: its beginning and its kind. */
  static String quote(@Nullable Object value) {
    if (value == null) {
      return "null";
    }
    if (value instanceof Number || value instanceof Boolean) {
      return value.toString();
    }
    if (value instanceof String text) {
      return "the text '"
          + (text.length() > LONGEST_QUOTE ? text.substring(0, LONGEST_QUOTE) + "…" : text)
          + "'";
    }
    if (value instanceof List<?> list) {
      return "a list of " + list.size();
    }
    if (value instanceof Map<?, ?>) {
      return "an object";
    }
    return "of the " + value.getClass();
  }
}
