// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.generate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import org.jspecify.annotations.Nullable;

/** Plain values as JSON. */
final class JsonText {

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private JsonText() {}

  /** Reads one value: a map, a list, a text, a number, true, false or null. */
  static @Nullable Object read(String json) throws JsonProcessingException {
    return JSON.readValue(json, Object.class);
  }

  /** Writes a value in one line. */
  static String line(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("plain values can always be written", e);
    }
  }
}
