// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Beside what transformers' squad_metrics computes: {@code figures.py} made the figures. */
class SquadV2Test {
  private final List<String> predictions = new ArrayList<>();
  private final List<List<String>> references = new ArrayList<>();
  private double[] noAnswer = {};
  private JsonNode golden;

  @BeforeEach
  void read() throws IOException {
    golden =
        new ObjectMapper()
            .readTree(Path.of("src/test/resources/parity/squad_v2/figures.json").toFile());
    List<Double> probabilities = new ArrayList<>();
    for (JsonNode one : golden.path("cases")) {
      predictions.add(one.path("prediction").asText());
      List<String> wanted = new ArrayList<>();
      one.path("references").forEach(text -> wanted.add(text.asText()));
      references.add(wanted);
      probabilities.add(one.path("no_answer").asDouble());
    }
    noAnswer = probabilities.stream().mapToDouble(value -> value).toArray();
  }

  private static void assertSame(Map<String, Double> own, JsonNode golden) {
    List<String> names = new ArrayList<>();
    golden.fieldNames().forEachRemaining(names::add);
    assertThat(own.keySet()).containsExactlyInAnyOrderElementsOf(names);
    own.forEach(
        (name, value) ->
            assertThat(value).as(name).isCloseTo(golden.path(name).asDouble(), within(1e-9)));
  }

  @Test
  void answersAreComparedAsTheReferenceDoes() {
    assertSame(SquadV2.score(predictions, references), golden.path("plain"));
  }

  @Test
  void whereNoneIsLikelyItIsTakenToBePredicted() {
    assertSame(SquadV2.score(predictions, references, noAnswer, 0.6), golden.path("threshold"));
  }

  @Test
  void withoutUnansweredQuestionsThereAreNoFiguresOfThem() {
    for (int i = references.size() - 1; i >= 0; i--) {
      if (references.get(i).isEmpty()) {
        references.remove(i);
        predictions.remove(i);
      }
    }
    assertSame(SquadV2.score(predictions, references), golden.path("answered"));
  }

  @Test
  void everyQuestionNeedsAnAnswerAndAProbability() {
    assertThatThrownBy(() -> SquadV2.score(List.of(""), List.of(), new double[1], 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 predictions and 0 references");
    assertThatThrownBy(() -> SquadV2.score(List.of(""), List.of(List.of()), new double[2], 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
