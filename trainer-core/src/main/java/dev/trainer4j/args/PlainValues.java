// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a document as strings, numbers, booleans, lists and maps, and nothing more: a key given twice, an alias that could unfold
 * without end, or a nesting no argument has is an error rather than a guess.
 */
final class PlainValues {
  private static final int DEEPEST = 8;

  private final JsonParser parser;

  PlainValues(JsonParser parser) {
    this.parser = parser;
  }

  Map<String, @Nullable Object> readDocument() throws IOException, SyntaxProblem {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new SyntaxProblem("a mapping of arguments, such as learning_rate: 5e-5", "");
    }
    Map<String, @Nullable Object> document = readMap(1);
    if (parser.nextToken() != null) {
      throw new SyntaxProblem("one mapping of arguments and nothing after it", "");
    }
    return document;
  }

  private Map<String, @Nullable Object> readMap(int depth) throws IOException, SyntaxProblem {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      if (map.containsKey(key)) {
        throw new SyntaxProblem("every key once; " + shorten(key) + " comes twice", "Remove one");
      }
      parser.nextToken();
      map.put(key, readValue(depth));
    }
    return map;
  }

  private List<@Nullable Object> readList(int depth) throws IOException, SyntaxProblem {
    List<@Nullable Object> list = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      list.add(readValue(depth));
    }
    return list;
  }

  private @Nullable Object readValue(int depth) throws IOException, SyntaxProblem {
    if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
      throw new SyntaxProblem("plain values; YAML aliases are not read", "Write the value out");
    }
    JsonToken token = parser.currentToken();
    if (token == null) {
      throw new SyntaxProblem("a complete document", "");
    }
    if (token.isStructStart() && depth == DEEPEST) {
      throw new SyntaxProblem("values nested at most " + DEEPEST + " deep", "");
    }
    return switch (token) {
      case START_OBJECT -> readMap(depth + 1);
      case START_ARRAY -> readList(depth + 1);
      case VALUE_TRUE, VALUE_FALSE -> parser.getBooleanValue();
      case VALUE_NUMBER_INT -> parser.getNumberValue();
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_NULL -> null;
      default -> parser.getText();
    };
  }

  private static String shorten(String key) {
    return key.length() <= 40 ? key : key.substring(0, 40) + "…";
  }
}
