// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The objects of a JSON Lines file; blank lines are skipped. */
final class JsonLinesRows<T> extends FileRows<Map<String, Object>, T> {

  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(new TypeReference<LinkedHashMap<String, Object>>() {});

  private final LineReader reader;

  /** What is wrong with the line read last. */
  private @Nullable DataException failure;

  private JsonLinesRows(
      Path file, LineReader reader, Function<? super Map<String, Object>, ? extends T> mapper) {
    super(file, mapper);
    this.reader = reader;
  }

  static <T> JsonLinesRows<T> open(
      Path file, Function<? super Map<String, Object>, ? extends T> mapper) {
    try {
      return new JsonLinesRows<>(file, LineReader.open(file), mapper);
    } catch (IOException e) {
      throw Utf8File.unreadable(file, e);
    }
  }

  @Override
  Optional<Map<String, Object>> read() throws IOException {
    for (String text = reader.read(); text != null; text = reader.read()) {
      if (!text.isBlank()) {
        try {
          return Optional.of(parse(text));
        } catch (DataException e) {
          failure = e;
          return Optional.of(Map.of());
        }
      }
    }
    return Optional.empty();
  }

  private Map<String, Object> parse(String text) {
    if (!text.stripLeading().startsWith("{")) {
      throw wrong("is not a JSON object. JSON Lines have one object, {...}, on every line.");
    }
    try {
      return JSON.readValue(text);
    } catch (JsonProcessingException e) {
      String place =
          e.getLocation() == null ? "" : "column " + e.getLocation().getColumnNr() + ": ";
      throw wrong(place + "is not valid JSON: " + e.getOriginalMessage());
    }
  }

  @Override
  void check() {
    DataException wrong = failure;
    failure = null;
    if (wrong != null) {
      throw wrong;
    }
  }

  @Override
  long line() {
    return reader.line();
  }

  @Override
  void closeFile() throws IOException {
    reader.close();
  }
}
