// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.trainer4j.examples.text.SentenceClassification.Review;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every example of text, in a small form, learns more than a count of words knows. */
final class TextExamplesTest {
  private final Path out;

  TextExamplesTest(@TempDir Path out) {
    this.out = out;
  }

  @Test
  void sentenceClassificationUnderstandsNegation() throws IOException {
    List<Review> train = SentenceClassification.reviews(2_000, 1);
    List<Review> test =
        SentenceClassification.unseen(SentenceClassification.reviews(300, 2), train);
    Path small = SmallModels.bert(out.resolve("small"), train.stream().map(Review::text).toList());

    double accuracy = SentenceClassification.run(small, out, train, test, 1e-3, 4);

    // A third of the clauses is denied: whoever looks for the words of praise is right in two
    // thirds.
    assertThat(accuracy).isGreaterThan(0.85);
  }

  @Test
  void aSavedExampleIsLoadedAgainWithItsLabelsAndItsTokenizer() throws IOException {
    List<Review> train = SentenceClassification.reviews(40, 1);
    Path small = SmallModels.bert(out.resolve("small"), train.stream().map(Review::text).toList());
    SentenceClassification.run(small, out, train, train, 1e-3, 1);

    LoadOptions cpu = LoadOptions.defaults().withDevice(Device.cpu());
    try (PretrainedModel model = AutoModels.load(out.resolve("final"), cpu);
        PretrainedTokenizer tokenizer = PretrainedTokenizer.load(out.resolve("final"))) {
      assertThat(model.task()).isEqualTo(Task.SEQUENCE_CLASSIFICATION);
      assertThat(model.config().id2label()).isEqualTo(Map.of(0, "bad", 1, "good"));
      assertThat(tokenizer.size()).isEqualTo(model.config().vocabSize());
    }
  }

  @Test
  void tokenClassificationFindsNamesThatNoListHas() throws IOException {
    List<TaggedSentence> train = TaggedSentence.make(1_000, 1);
    List<TaggedSentence> test = TaggedSentence.makeWithNewNames(100, 2);
    Path small = SmallModels.bert(out.resolve("small"), TaggedSentence.texts(train));

    Map<String, Double> scores = TokenClassification.run(small, out, train, test, 2e-3);

    assertThat(scores.get("overall_f1"))
        .isGreaterThan(0.5)
        .isGreaterThan(2 * TaggedSentence.lookupF1(train, test));
  }

  @Test
  void questionAnsweringFindsTheFactThatIsAskedFor() throws IOException {
    List<CountryQuestion> train = CountryQuestion.make(1_200, 1, false);
    List<CountryQuestion> test = CountryQuestion.make(60, 2, true);
    Path small =
        SmallModels.bert(
            out.resolve("small"),
            train.stream().map(q -> q.question() + " " + q.context()).toList());

    Map<String, Double> scores = QuestionAnswering.run(small, out, train, test, 2e-3);

    // A third is what one gets who names one of the three facts without reading the question.
    assertThat(scores.get("exact_match")).isGreaterThan(34);
  }

  @Test
  void adaptersOverABaseOfFourBitsLearnToWriteTheLinesOfALog() throws IOException {
    Path base = QuantizedLora.speller(out.resolve("small"), Path.of("../docs"), 120);

    QuantizedLora.Result result =
        QuantizedLora.run(base, QuantizedLora.logLines(400), out.resolve("adapters"), 1e-2, 120);

    // The base spells English; half of a line are digits that nobody can foretell, the rest is
    // always the same.
    assertThat(result.perplexityAfter()).isLessThan(0.2 * result.perplexityBefore());
    assertThat(result.written()).isNotEmpty();
    assertThat(out.resolve("adapters/final/adapter_model.safetensors")).exists();
    assertThat(out.resolve("adapters/final/model.safetensors")).doesNotExist();
  }

  @Test
  void causalLanguageModelForetellsMoreThanFrequenciesDo() throws IOException {
    Path small = SmallModels.llama(out.resolve("small"));

    CausalLanguageModel.Result result =
        CausalLanguageModel.run(small, out, Path.of("../docs"), 2e-3, 2, 20);

    // Frequencies alone tell the letters from each other; the letters before them must tell more.
    assertThat(result.perplexity()).isLessThan(0.6 * result.unigramPerplexity());
    assertThat(result.unigramPerplexity()).isBetween(10.0, 40.0);
    assertThat(result.written()).isNotEmpty();
  }
}
