// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import dev.trainer4j.examples.text.InstructionTuning.Exchange;
import dev.trainer4j.examples.text.SentenceClassification.Review;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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

  @Test
  void sentenceEmbeddingsFindWhatMeansTheSameInOtherWords() throws IOException {
    List<SentenceEmbeddings.Pair> pairs = SentenceEmbeddings.pairs(1);
    List<SentenceEmbeddings.Pair> train = pairs.subList(0, 400);
    List<SentenceEmbeddings.Pair> test = pairs.subList(400, 512);
    Path small = SmallModels.bert(out.resolve("small"), SentenceEmbeddings.texts(train));

    SentenceEmbeddings.Recall recall = SentenceEmbeddings.run(small, out, train, test, 2e-3, 8);

    assertThat(recall.before()).isLessThan(0.1);
    assertThat(recall.after()).isGreaterThan(0.9);
  }

  @Test
  void instructionTuningAnswersInAChatWithItsAdapterAndMerged() throws IOException {
    List<Exchange> days = InstructionTuning.days();
    Path rows = InstructionTuning.write(days, out.resolve("days.jsonl"));
    Path small = SmallModels.chat(out.resolve("small"));

    InstructionTuning.run(small, rows, out, true, false);
    MergeAdapter.run(small, out.resolve("adapter"), out.resolve("merged"));

    List<String> questions = days.stream().map(Exchange::question).toList();
    List<String> answers = days.stream().map(Exchange::answer).toList();
    assertThat(chat(small, out.resolve("adapter"), questions.subList(0, 4)))
        .isEqualTo(answers.subList(0, 4));
    assertThat(chat(out.resolve("merged"), null, questions.subList(4, 5)))
        .isEqualTo(answers.subList(4, 5));
  }

  /** One conversation for each question: longer ones were not learned. */
  private static List<String> chat(Path folder, @Nullable Path adapter, List<String> questions)
      throws IOException {
    List<String> answers = new ArrayList<>();
    for (String question : questions) {
      ByteArrayOutputStream written = new ByteArrayOutputStream();
      ChatWithModel.run(
          folder,
          adapter,
          new ByteArrayInputStream((question + "\n\n").getBytes(UTF_8)),
          new PrintStream(written, true, UTF_8));
      answers.add(written.toString(UTF_8).strip());
    }
    return answers;
  }

  @Test
  void distillationTeachesWhatHasNoLabels() throws IOException {
    Distillation.Result result =
        Distillation.run(out, SentenceClassification.reviews(1_500, 1), 1_000, 100, 10);

    assertThat(result.teacher()).isGreaterThan(0.85);
    assertThat(result.taught()).isGreaterThan(result.alone() + 0.1);
    List<LogEntry> lines =
        result.log().stream().filter(line -> line.value("kl").isPresent()).toList();
    assertThat(lines).isNotEmpty();
    for (LogEntry line : lines) {
      double mixed = 0.9 * line.value("kl").getAsDouble() + 0.1 * line.value("ce").getAsDouble();
      assertThat(line.value("loss").getAsDouble()).isCloseTo(mixed, within(1e-3));
    }
  }

  /** A short form: the program itself takes minutes. */
  @Test
  void spelledNumbersLearnTheirFirstDigits() throws IOException {
    List<Integer> all = SpelledNumbers.numbers(100, 1);

    double exact = SpelledNumbers.run(out, all.subList(0, 80), all.subList(80, 100), 120);

    // One in ten of two digits would be right by chance.
    assertThat(exact).isGreaterThan(0.3);
    assertThat(SpelledNumbers.spell(640_017))
        .isEqualTo("six hundred and forty thousand and seventeen");
    assertThat(SpelledNumbers.spell(21_300)).isEqualTo("twenty one thousand three hundred");
  }
}
