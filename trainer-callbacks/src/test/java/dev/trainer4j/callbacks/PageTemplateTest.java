// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What it does is what the specification of Mustache says of the same tags. */
class PageTemplateTest {

  private static String fill(String template, Map<String, ?> values) {
    return PageTemplate.parse(template).fill(values);
  }

  @Test
  void valuesAreEscapedUnlessTheyHaveThreeBraces() {
    assertThat(fill("<{{a}}|{{{a}}}>", Map.of("a", "<b & \"c\" 'd' `e` f=g>")))
        .isEqualTo(
            "<&lt;b &amp; &quot;c&quot; &#39;d&#39; &#x60;e&#x60; f&#x3D;g&gt;|<b & \"c\" 'd' `e` f=g>>");
  }

  @Test
  void sectionsGoThroughListsAndLookOutward() {
    String rows =
        "{{#rows}}[{{name}}{{#best}}*{{/best}}:{{#values}} {{.}}{{/values}} of {{all}}]{{/rows}}";
    Map<String, Object> first = Map.of("name", "a", "best", true, "values", List.of(1, 2));
    Map<String, Object> second = Map.of("name", "b", "best", false, "values", List.of());
    assertThat(fill(rows, Map.of("rows", List.of(first, second), "all", 7)))
        .isEqualTo("[a*: 1 2 of 7][b: of 7]");
  }

  @Test
  void invertedSectionsStandForNothing() {
    String text =
        "{{^list}}none{{/list}}{{^flag}}no{{/flag}}{{#text}}text{{/text}}{{^text}}empty{{/text}}";
    assertThat(fill(text, Map.of("list", List.of(), "flag", false, "text", "")))
        .isEqualTo("nonenoempty");
    assertThat(fill(text, Map.of("list", List.of(1), "flag", true, "text", "x"))).isEqualTo("text");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{{#a}}open", "{{#a}}{{#b}}{{/a}}{{/b}}"})
  void aSectionThatIsNotClosedIsAnError(String template) {
    assertThatThrownBy(() -> PageTemplate.parse(template)).hasMessageContaining("{{#");
  }

  @Test
  void aValueThatIsMissingIsNamed() {
    assertThatThrownBy(() -> fill("{{a}}", Map.of("b", 1))).hasMessageContaining("{{a}}");
  }
}
