// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.data.Dataset;
import dev.trainer4j.transformers.metrics.Squad;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AnswerFeaturesTest {
  private static final Path MODEL = Path.of("src/test/resources/parity/models/bert-qa");

  private static AnswerFeatures.Example example(int before, int behind) {
    String start = "miles ".repeat(before);
    return new AnswerFeatures.Example(
        "who sold",
        start + "delhi coins" + " miles".repeat(behind),
        List.of("delhi coins"),
        start.length());
  }

  @Test
  void aPieceKnowsTheWholeAnswerOrItsFirstToken() {
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(MODEL)) {
      Dataset<Map<String, Object>> samples =
          new AnswerFeatures(tokenizer, List.of(example(30, 30)), 24, 8).samples();

      int found = 0;
      for (long i = 0; i < samples.size(); i++) {
        int[] ids = (int[]) samples.get(i).get("input_ids");
        int from = (int) samples.get(i).get("start_positions");
        int to = (int) samples.get(i).get("end_positions");
        boolean holds = tokenizer.decode(ids, true).contains("delhi coins");
        assertThat(ids).hasSizeLessThanOrEqualTo(24);
        if (holds) {
          found++;
          assertThat(tokenizer.decode(Arrays.copyOfRange(ids, from, to + 1), true))
              .isEqualTo("delhi coins");
        } else {
          assertThat(List.of(from, to)).containsExactly(0, 0);
        }
      }
      assertThat(found).isPositive();
      assertThat(samples.size()).isGreaterThan(found);
    }
  }

  @Test
  void logitsThatPointAtThePositionsGiveTheAnswers() {
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(MODEL)) {
      AnswerFeatures features =
          new AnswerFeatures(
              tokenizer, List.of(example(0, 0), example(40, 3), example(2, 50)), 24, 8);
      Dataset<Map<String, Object>> samples = features.samples();
      float[][] starts = new float[(int) samples.size()][24];
      float[][] ends = new float[(int) samples.size()][24];
      for (int i = 0; i < starts.length; i++) {
        starts[i][(int) samples.get(i).get("start_positions")] = 9;
        ends[i][(int) samples.get(i).get("end_positions")] = 9;
      }

      List<String> answers = features.answers(starts, ends, 20, 30);

      assertThat(Squad.score(answers, features.references())).containsEntry("exact_match", 100.0);
    }
  }

  @Test
  void anAnswerIsGivenWhereItsLogitsComeNearEnoughToThoseOfNone() {
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(MODEL)) {
      AnswerFeatures features =
          new AnswerFeatures(
              tokenizer,
              List.of(
                  example(40, 3), AnswerFeatures.Example.unanswerable("who sold", "miles miles")),
              24,
              8);
      Dataset<Map<String, Object>> samples = features.samples();
      int last = (int) samples.size() - 1;
      assertThat(samples.get(last)).containsEntry("start_positions", 0);
      assertThat(samples.get(last)).containsEntry("end_positions", 0);
      float[][] starts = new float[last + 1][24];
      float[][] ends = new float[last + 1][24];
      for (int i = 0; i < last; i++) {
        starts[i][(int) samples.get(i).get("start_positions")] = 5;
        ends[i][(int) samples.get(i).get("end_positions")] = 5;
        starts[i][0] = i == 0 ? 7 : 9; // The piece that is least sure counts: 7 + 6 against 10.
        ends[i][0] = 6;
      }
      starts[last][0] = 4;

      assertThat(features.answersOrNone(starts, ends, 20, 30, 2.9)).containsExactly("", "");
      assertThat(features.answersOrNone(starts, ends, 20, 30, 3.1))
          .first()
          .isEqualTo("delhi coins");
      assertThat(features.references()).containsExactly(List.of("delhi coins"), List.of());
    }
  }

  @Test
  void anAnswerThatDoesNotStandThereIsRefused() {
    assertThatThrownBy(() -> new AnswerFeatures.Example("who", "delhi coins", List.of("coins"), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the answer 'coins' does not stand at character 0 of the context");
    assertThatThrownBy(() -> new AnswerFeatures.Example("who", "delhi", List.of(), 0))
        .hasMessageContaining("there is no answer");
  }
}
