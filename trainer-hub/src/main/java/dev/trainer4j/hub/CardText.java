// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A card in its two parts.
 *
 * @param metadata what stands between two lines of {@code ---} at its begin
 * @param body the rest; all of it if the metadata cannot be read
 */
record CardText(Map<String, @Nullable Object> metadata, String body) {
  private static final Logger LOGGER = LoggerFactory.getLogger(CardText.class);
  private static final String FENCE = "---";

  private static final YAMLMapper YAML =
      new YAMLMapper(
          YAMLFactory.builder()
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .disable(YAMLGenerator.Feature.SPLIT_LINES)
              .build());

  /** What is measured is ours to say; everything else its author's. */
  private static final Set<String> OURS = Set.of("metrics", "model-index");

  static CardText of(String card) {
    String text = card.replace("\r\n", "\n");
    if (!text.startsWith(FENCE + "\n")) {
      return new CardText(Map.of(), text);
    }
    int end = text.indexOf("\n" + FENCE + "\n", FENCE.length());
    if (end < 0) {
      return new CardText(Map.of(), text);
    }
    String body = text.substring(end + FENCE.length() + 2);
    String yaml = text.substring(FENCE.length() + 1, end + 1);
    try {
      Map<String, @Nullable Object> metadata =
          yaml.isBlank()
              ? Map.of()
              : YAML.readValue(
                  yaml, new TypeReference<LinkedHashMap<String, @Nullable Object>>() {});
      return new CardText(metadata, body);
    } catch (JsonProcessingException e) {
      LOGGER.warn(
          "The metadata of the model card is no YAML and is replaced: {}", e.getOriginalMessage());
      return new CardText(Map.of(), body);
    }
  }

  /** The metadata with what is added: of its author's keys none is changed, of lists of tags both stay. */
  Map<String, Object> merged(Map<String, Object> added) {
    Map<String, Object> merged = new LinkedHashMap<>();
    metadata.forEach(
        (key, value) -> {
          if (value != null) {
            merged.put(key, value);
          }
        });
    added.forEach(
        (key, value) -> {
          Object own = merged.get(key);
          if (own == null || OURS.contains(key)) {
            merged.put(key, value);
          } else if (key.equals("tags")) {
            Set<Object> tags =
                new LinkedHashSet<>(own instanceof List<?> list ? list : List.of(own));
            tags.addAll((List<?>) value);
            merged.put(key, List.copyOf(tags));
          }
        });
    return merged;
  }

  static String frontMatter(Map<String, Object> metadata) {
    try {
      return FENCE + "\n" + YAML.writeValueAsString(metadata) + FENCE + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps, lists, texts and numbers can be written", e);
    }
  }
}
