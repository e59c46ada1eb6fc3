// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.stream.Stream;

/** The figures of {@code vocabulary/figures.py}. */
public final class VocabularyFigures {

  private VocabularyFigures() {}

  /** The entries of a section, such as {@code resized}. */
  public static List<JsonNode> of(String section) throws IOException {
    ObjectMapper json = new ObjectMapper();
    try (InputStream in = VocabularyFigures.class.getResourceAsStream("/vocabulary/figures.json")) {
      return Stream.of(json.convertValue(json.readTree(in).get(section), JsonNode[].class))
          .toList();
    }
  }
}
