// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callbacks.ProgressCallback;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.collate.DataCollatorWithPadding;
import dev.trainer4j.transformers.metrics.AnswerSpans;
import dev.trainer4j.transformers.metrics.Squad;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import dev.trainer4j.transformers.tokenization.TruncationStrategy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Which part of a text answers a question? The model marks the first and the last token of the answer,
 * and offsets turn both into a part of the text.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am \
 *   -Dexec.mainClass=dev.trainer4j.examples.text.QuestionAnswering -Dexec.args="bert-base-cased"</pre>
 *
 * <p>The argument is a folder with a BERT, RoBERTa or DistilBERT; without it, a small BERT learns from
 * nothing.
 */
public final class QuestionAnswering {
  private static final int SHOWN = 4;
  private static final int N_BEST = 20;
  private static final int MAX_ANSWER_LENGTH = 30;
  private static final EncodeOptions OPTIONS =
      EncodeOptions.builder().truncation(TruncationStrategy.ONLY_SECOND).maxLength(128).build();

  private QuestionAnswering() {}

  /** Fine-tune, test, and save the model into {@code out/question-answering/final}. */
  public static void main(String[] args) throws IOException {
    Path out = Path.of("out/question-answering");
    List<CountryQuestion> train = CountryQuestion.make(2_000, 1, false);
    List<CountryQuestion> test = CountryQuestion.make(300, 2, true);
    Path pretrained =
        args.length > 0
            ? Path.of(args[0])
            : SmallModels.bert(
                out.resolve("small"),
                train.stream().map(q -> q.question() + " " + q.context()).toList());
    Map<String, Double> scores = run(pretrained, out, train, test, args.length > 0 ? 5e-5 : 2e-3);
    System.out.printf(
        Locale.ROOT,
        "Questions about %d texts of countries it has not seen: exact match %.1f, F1 %.1f%n",
        test.size(),
        scores.get("exact_match"),
        scores.get("f1"));
    System.out.println("transformers opens " + out.resolve("final"));
  }

  /** Fine-tune the model of a folder. Return {@code exact_match} and {@code f1} in {@code test}. */
  static Map<String, Double> run(
      Path pretrained,
      Path out,
      List<CountryQuestion> train,
      List<CountryQuestion> test,
      double learningRate)
      throws IOException {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(out)
            .numTrainEpochs(4)
            .perDeviceTrainBatchSize(16)
            .perDeviceEvalBatchSize(64)
            .learningRate(learningRate)
            .warmupSteps(0.1) // a share of the run
            .evalStrategy(EPOCH)
            .saveStrategy(EPOCH)
            .saveTotalLimit(1)
            .build();
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(pretrained);
        PretrainedModel model = AutoModels.questionAnswering(pretrained);
        Trainer trainer =
            Trainer.builder(model, args)
                .trainDataset(tokenize(train, tokenizer))
                .evalDataset(tokenize(test, tokenizer))
                .dataCollator(new DataCollatorWithPadding(tokenizer))
                .processingClass(tokenizer)
                .callback(ProgressCallback.orPrinter())
                .build()) {
      trainer.train();
      trainer.saveModel(out.resolve("final"));
      try (PredictionOutput result = trainer.predict(tokenize(test, tokenizer))) {
        return score(test, answers(test, tokenizer, result));
      }
    }
  }

  private static Dataset<Map<String, Object>> tokenize(
      List<CountryQuestion> questions, PretrainedTokenizer tokenizer) {
    return Datasets.of(questions)
        .map(
            question -> {
              TokenizedText text = encode(question, tokenizer);
              int end = question.start() + question.answer().length();
              Map<String, Object> sample = text.toSample();
              sample.put("start_positions", token(text, question.start()));
              sample.put("end_positions", token(text, end - 1));
              return sample;
            });
  }

  private static TokenizedText encode(CountryQuestion question, PretrainedTokenizer tokenizer) {
    return tokenizer.encodePair(question.question(), question.context(), OPTIONS);
  }

  /** Find the token of the context with a char; 0, the first of all, if it was cut off. */
  private static int token(TokenizedText text, int index) {
    for (int i = 0; i < text.length(); i++) {
      if (text.sequenceIds()[i] == 1 && text.start(i) <= index && index < text.end(i)) {
        return i;
      }
    }
    return 0;
  }

  private static List<String> answers(
      List<CountryQuestion> questions, PretrainedTokenizer tokenizer, PredictionOutput result) {
    List<float[]> starts = rows(result, "start_logits");
    List<float[]> ends = rows(result, "end_logits");
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < questions.size(); i++) {
      CountryQuestion question = questions.get(i);
      answers.add(
          AnswerSpans.best(
                  question.context(),
                  List.of(encode(question, tokenizer)),
                  List.of(starts.get(i)),
                  List.of(ends.get(i)),
                  N_BEST,
                  MAX_ANSWER_LENGTH)
              .text());
    }
    return answers;
  }

  private static List<float[]> rows(PredictionOutput result, String name) {
    NDArray logits = Objects.requireNonNull(result.allPredictions().get(name), name);
    float[] all = logits.toFloatArray();
    int length = (int) logits.getShape().get(1);
    List<float[]> rows = new ArrayList<>();
    for (int i = 0; i < all.length; i += length) {
      rows.add(Arrays.copyOfRange(all, i, i + length));
    }
    return rows;
  }

  private static Map<String, Double> score(List<CountryQuestion> questions, List<String> answers) {
    for (int i = 0; i < Math.min(SHOWN, questions.size()); i++) {
      CountryQuestion question = questions.get(i);
      System.out.println("  " + question.context());
      System.out.println("    " + question.question() + " " + answers.get(i));
    }
    return Squad.score(answers, questions.stream().map(q -> List.of(q.answer())).toList());
  }
}
