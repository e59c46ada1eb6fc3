// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.metrics.Classification;
import dev.trainer4j.metrics.Classification.Average;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.metrics.StreamingMetrics;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import dev.trainer4j.transformers.tokenization.Tokenizers;
import dev.trainer4j.transformers.tokenization.TruncationStrategy;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Figures of scikit-learn 1.9, SciPy 1.17 and sacrebleu 2.6, and figures made by hand. */
class MetricsTest {

  private static final Offset<Double> EXACT = within(1e-9);

  private static JsonNode golden(String name) throws IOException {
    try (InputStream in = MetricsTest.class.getResourceAsStream("golden.json")) {
      return new ObjectMapper().readTree(in).get(name);
    }
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.textValue()));
    return texts;
  }

  /** In batches of seven, with an ignored label in each. */
  private static Map<String, Double> classify(JsonNode golden, Average average, int classes) {
    StreamingMetrics.Accumulator accumulator = Classification.of(average).start();
    int size = golden.get("labels").size();
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      for (int start = 0; start < size; start += 7) {
        int count = Math.min(7, size - start);
        float[] logits = new float[(count + 1) * classes];
        long[] labels = new long[count + 1];
        labels[count] = -100;
        for (int i = 0; i < count; i++) {
          labels[i] = golden.get("labels").get(start + i).longValue();
          logits[i * classes + golden.get("predictions").get(start + i).intValue()] = 1;
        }
        NDArray scores = manager.create(logits, new Shape(count + 1, classes));
        accumulator.add(
            new EvalPrediction(
                Map.of("logits", scores),
                Map.of("labels", manager.create(labels)),
                Map.of(),
                null));
      }
    }
    return accumulator.result();
  }

  @Test
  void classesAreCountedAsByScikitLearn() throws IOException {
    for (Average average : Average.values()) {
      JsonNode golden = golden(average == Average.BINARY ? "binary" : "classes");
      Map<String, Double> ours = classify(golden, average, average == Average.BINARY ? 2 : 4);
      JsonNode figures = golden.get(average.name().toLowerCase(Locale.ROOT));
      assertThat(ours.get("accuracy")).isCloseTo(golden.get("accuracy").doubleValue(), EXACT);
      assertThat(ours.get("matthews")).isCloseTo(golden.get("matthews").doubleValue(), EXACT);
      assertThat(ours.get("precision")).isCloseTo(figures.get(0).doubleValue(), EXACT);
      assertThat(ours.get("recall")).isCloseTo(figures.get(1).doubleValue(), EXACT);
      assertThat(ours.get("f1")).isCloseTo(figures.get(2).doubleValue(), EXACT);
    }
    assertThatThrownBy(() -> classify(golden("classes"), Average.BINARY, 4))
        .hasMessageContaining("BINARY needs two classes");
    assertThatThrownBy(() -> classify(golden("classes"), Average.MACRO, 3))
        .hasMessageContaining("none of 3 classes");
  }

  @Test
  void correlationsAreThoseOfSciPy() throws IOException {
    JsonNode golden = golden("correlation");
    double[] x = new double[golden.get("x").size()];
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = golden.get("x").get(i).doubleValue();
      y[i] = golden.get("y").get(i).doubleValue();
    }
    Map<String, Double> ours = Correlations.of(x, y);
    assertThat(ours.get("pearson")).isCloseTo(golden.get("pearson").doubleValue(), EXACT);
    assertThat(ours.get("spearman")).isCloseTo(golden.get("spearman").doubleValue(), EXACT);
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      EvalPrediction lines =
          new EvalPrediction(
              Map.of("logits", manager.create(new float[] {1, 2, 4}, new Shape(3, 1))),
              Map.of("labels", manager.create(new float[] {3, 2, 1})),
              Map.of(),
              null);
      assertThat(Correlations.pearsonAndSpearman().compute(lines).get("spearman"))
          .isCloseTo(-1.0, EXACT);
    }
    assertThatThrownBy(() -> Correlations.of(x, new double[1])).hasMessageContaining("1 labels");
  }

  @Test
  void translationsAreScoredAsBySacrebleu() throws IOException {
    JsonNode golden = golden("translation");
    List<String> predictions = texts(golden.get("hyp"));
    List<String> references = texts(golden.get("ref"));
    List<String> others = texts(golden.get("ref2"));
    List<List<String>> one = references.stream().map(List::of).toList();
    List<List<String>> two = new ArrayList<>();
    for (int i = 0; i < references.size(); i++) {
      two.add(List.of(references.get(i), others.get(i)));
      String prediction = predictions.get(i);
      assertThat(Bleu.score(List.of(prediction), List.of(one.get(i))))
          .as(prediction)
          .isCloseTo(golden.get("single").get(i).doubleValue(), EXACT);
      assertThat(Chrf.score(List.of(prediction), List.of(references.get(i))))
          .as(prediction)
          .isCloseTo(golden.get("chrfs").get(i).doubleValue(), EXACT);
    }
    assertThat(Bleu.score(predictions, one)).isCloseTo(golden.get("bleu").doubleValue(), EXACT);
    assertThat(Bleu.score(predictions, two)).isCloseTo(golden.get("bleu2").doubleValue(), EXACT);
    assertThat(Chrf.score(predictions, references))
        .isCloseTo(golden.get("chrf").doubleValue(), EXACT);
  }

  @Test
  void rougeCountsWordsPairsAndSubsequences() {
    // police killed the gunman / police kill the gunman: 3 of 4 words, 1 of 3 pairs, "police the
    // gunman"; the second summary has the same words in another order (Lin 2004).
    Map<String, Double> first =
        Rouge.score(List.of("Police kill the gunman."), List.of("police killed the gunman"));
    assertThat(first.get("rouge1")).isCloseTo(0.75, EXACT);
    assertThat(first.get("rouge2")).isCloseTo(1.0 / 3, EXACT);
    assertThat(first.get("rougeL")).isCloseTo(0.75, EXACT);
    Map<String, Double> second =
        Rouge.score(List.of("the gunman kill police"), List.of("police killed the gunman"));
    assertThat(second.get("rouge1")).isCloseTo(0.75, EXACT);
    assertThat(second.get("rougeL")).isCloseTo(0.5, EXACT);
  }

  @Test
  void entitiesAreFoundAsByConlleval() {
    // The example of seqeval's page: one of two entities is right.
    List<List<String>> wanted =
        List.of(
            List.of("O", "O", "O", "B-MISC", "I-MISC", "I-MISC", "O"),
            List.of("B-PER", "I-PER", "O"));
    List<List<String>> found =
        List.of(
            List.of("O", "O", "B-MISC", "I-MISC", "I-MISC", "I-MISC", "O"),
            List.of("B-PER", "I-PER", "O"));
    Map<String, Double> score = Entities.score(found, wanted);
    assertThat(score.get("overall_f1")).isCloseTo(0.5, EXACT);
    assertThat(score.get("overall_precision")).isCloseTo(0.5, EXACT);
    assertThat(score.get("overall_accuracy")).isCloseTo(0.8, EXACT);
    assertThat(score.get("PER_f1")).isCloseTo(1.0, EXACT);
    assertThat(score.get("MISC_f1")).isZero();
    // B- begins a new one of the same type, I- behind O begins one too.
    assertThat(
            Entities.score(
                    List.of(List.of("B-A", "B-A", "O", "I-A", "I-B")),
                    List.of(List.of("B-A", "B-A", "O", "B-A", "B-B")))
                .get("overall_f1"))
        .isCloseTo(1.0, EXACT);
    assertThatThrownBy(() -> Entities.score(List.of(List.of("X")), List.of(List.of("O"))))
        .hasMessageContaining("the tag 'X'");
  }

  @Test
  void answersAreComparedWithoutCaseArticlesAndPunctuation() {
    Map<String, Double> score =
        Squad.score(
            List.of("The Eiffel Tower!", "in Oslo"),
            List.of(List.of("eiffel tower", "Paris"), List.of("Oslo, Norway")));
    assertThat(score.get("exact_match")).isCloseTo(50.0, EXACT);
    assertThat(score.get("f1")).isCloseTo(75.0, EXACT); // 1, and 2*1/(2+2)
    assertThat(Squad.normalize("  An apple a day, theatre ")).isEqualTo("apple day theatre");
  }

  @Test
  void theBestAnswerIsFoundInAnyPieceOfItsContext() {
    String context = "In Cairo we ate bread for 59 coins, and nobody liked it at all.";
    EncodeOptions options =
        EncodeOptions.builder()
            .truncation(TruncationStrategy.ONLY_SECOND)
            .maxLength(16)
            .stride(4)
            .build();
    try (PretrainedTokenizer tokenizer = Tokenizers.load("wordpiece")) {
      List<TokenizedText> pieces = tokenizer.encodePieces("Who ate?", context, options);
      assertThat(pieces).hasSizeGreaterThan(1);
      List<float[]> starts = new ArrayList<>();
      List<float[]> ends = new ArrayList<>();
      for (TokenizedText piece : pieces) {
        starts.add(new float[piece.length() + 3]);
        ends.add(new float[piece.length() + 3]);
      }
      TokenizedText last = pieces.get(pieces.size() - 1);
      int first = last.length() - 5;
      starts.get(pieces.size() - 1)[first] = 5;
      starts.get(0)[1] = 9; // a token of the question is no answer
      ends.get(pieces.size() - 1)[last.length() - 3] = 4;
      AnswerSpans.Answer answer = AnswerSpans.best(context, pieces, starts, ends, 20, 30);
      assertThat(answer.score()).isEqualTo(9);
      assertThat(answer.start()).isEqualTo(last.start(first));
      assertThat(answer.text())
          .isEqualTo(context.substring(last.start(first), last.end(last.length() - 3)));
    }
  }

  @Test
  void perplexityOfAnEvenGuessIsTheNumberOfChoices() {
    assertThat(Perplexity.of(Math.log(50))).isCloseTo(50.0, EXACT);
  }
}
