// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.generate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** Plain values as one line of JSON. */
final class JsonText {

  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private JsonText() {}

  static String line(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("plain values can always be written", e);
    }
  }
}
