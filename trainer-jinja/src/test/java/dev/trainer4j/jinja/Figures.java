// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the reference rendered: figures of the class path, or of the folder {@code jinja} of {@code
 * -Dparity.dir=DIR}.
 */
final class Figures {

  static final ObjectMapper JSON = new ObjectMapper();

  private Figures() {}

  static JsonNode read(String name) throws IOException {
    String given = System.getProperty("parity.dir");
    try (InputStream in =
        given == null || given.isBlank()
            ? Figures.class.getResourceAsStream("/parity/jinja/" + name)
            : Files.newInputStream(Path.of(given, "jinja", name))) {
      return JSON.readTree(in);
    }
  }

  /** Figures that are only on the class path. */
  static JsonNode own(String name) throws IOException {
    try (InputStream in = Figures.class.getResourceAsStream("/parity/jinja/" + name)) {
      return JSON.readTree(in);
    }
  }

  static Map<String, Object> context(JsonNode context) {
    return JSON.convertValue(context, new TypeReference<>() {});
  }

  static Clock day(String date) {
    return Clock.fixed(
        LocalDate.parse(date).atTime(12, 0).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
  }

  /** What came out: the text and the spans in code points, or the error; in the figures' form. */
  static String outcome(String template, Clock clock, Map<String, Object> context) {
    try {
      Rendered rendered = ChatTemplate.compile(template).withClock(clock).render(context);
      return shown(
          rendered.text(),
          rendered.spans().stream()
              .map(span -> List.of(span.codePointBegin(), span.codePointEnd()))
              .toList());
    } catch (TemplateException e) {
      return error(e.kind() + ": " + e.reason());
    }
  }

  static String expected(JsonNode figure) {
    if (figure.has("err")) {
      return error(figure.get("err").asText());
    }
    List<List<Integer>> spans = JSON.convertValue(figure.path("idx"), new TypeReference<>() {});
    return shown(figure.get("out").asText(), spans == null ? List.of() : spans);
  }

  private static String shown(String text, List<List<Integer>> spans) {
    // Addresses are of the process, and words without meaning are drawn.
    String same = text.replaceAll("0x[0-9a-f]{12}", "0x…");
    if (same.startsWith("<p>")) {
      same =
          same.replaceAll("[A-Za-z][a-z]*(?=[ .,])", "word")
              .replaceAll("(word,? )*word,?\\.", "words.")
              .replaceAll("(words\\. )*words\\.", "words.");
    }
    return same
        + "\nspans "
        + spans.stream()
            .map(span -> span.get(0) + "-" + span.get(1))
            .collect(Collectors.joining(" "));
  }

  private static String error(String error) {
    // Where Python's stack ends is not where ours does: how it says so is not compared.
    return error.startsWith("RecursionError")
        ? "RecursionError"
        : error.substring(0, Math.min(error.length(), 150));
  }
}
