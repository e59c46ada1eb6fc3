// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds texts, errors and spans to those that the reference's template environment makes. */
@Tag("parity")
class JinjaParityTest {

  @Test
  void everyConstructRendersOrFailsAsInTheReference() throws IOException {
    assertEqual(Figures.read("constructs.json"));
  }

  static List<String> templates() throws IOException {
    List<String> names = new ArrayList<>();
    Figures.read("templates.json").get("templates").fieldNames().forEachRemaining(names::add);
    assertThat(names).isNotEmpty();
    return names;
  }

  @ParameterizedTest
  @MethodSource("templates")
  void aTemplateMakesOfEveryConversationWhatTheReferenceMakes(String name) throws IOException {
    JsonNode figures = Figures.read("templates.json");
    String template = figures.get("templates").get(name).asText();
    Clock clock = Figures.day(figures.get("rendered_on").asText());
    Map<String, String> actual = new HashMap<>();
    Map<String, String> expected = new HashMap<>();
    for (JsonNode figure : figures.get("cases")) {
      if (figure.get("template").asText().equals(name)) {
        String conversation = figure.get("conv").asText();
        expected.put(conversation, Figures.expected(figure));
        actual.put(
            conversation, Figures.outcome(template, clock, Figures.context(figure.get("ctx"))));
      }
    }
    assertThat(expected).isNotEmpty();
    assertThat(actual).isEqualTo(expected);
  }

  @Test
  void rareExpressionsSpacesAndScopesAreAsInTheReference() throws IOException {
    assertEqual(Figures.own("rare.json"));
  }

  private static void assertEqual(JsonNode figures) {
    Map<String, Object> context = Figures.context(figures.get("ctx"));
    List<String> actual = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (JsonNode figure : figures.get("cases")) {
      String template = figure.get("t").asText();
      String outcome = Figures.outcome(template, Clock.systemUTC(), context);
      // Some figures are of texts alone.
      boolean withSpans = figure.has("idx") || figure.has("err");
      actual.add(
          template
              + "\n"
              + (withSpans ? outcome : outcome.replaceFirst("spans [-0-9 ]*$", "spans ")));
      expected.add(template + "\n" + Figures.expected(figure));
    }
    assertThat(expected).hasSizeGreaterThan(100);
    assertThat(actual).containsExactlyElementsOf(expected);
  }
}
