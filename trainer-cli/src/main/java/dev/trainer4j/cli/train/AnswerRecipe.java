// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.Trainer;
import dev.trainer4j.cli.train.RunData.Rows;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.model.Inference;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.collate.DataCollatorWithPadding;
import dev.trainer4j.transformers.metrics.Squad;
import dev.trainer4j.transformers.metrics.SquadV2;
import dev.trainer4j.transformers.predict.QuestionAnswerer;
import dev.trainer4j.transformers.prepare.AnswerFeatures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The part of a context that answers a question, as run_qa does. */
final class AnswerRecipe implements Recipe {
  private static final int USUAL_LENGTH = 384;

  private final TextArguments args;

  private AnswerRecipe(TextArguments args) {
    this.args = args;
  }

  static AnswerRecipe of(TextArguments args, RunData data) {
    for (String column : List.of("question", "context", "answers")) {
      if (!data.first().columns().contains(column)) {
        throw new IllegalArgumentException(
            "question answering needs the columns question, context and answers, and "
                + data.first().source()
                + " has "
                + String.join(", ", data.first().columns())
                + ": rename them");
      }
    }
    return new AnswerRecipe(args);
  }

  /** For rows without answers. */
  static AnswerRecipe ofQuestions(TextArguments args, Rows rows) {
    if (!rows.columns().containsAll(List.of("question", "context"))) {
      throw new IllegalArgumentException(
          "the columns question and context are needed, and "
              + rows.source()
              + " has "
              + String.join(", ", rows.columns()));
    }
    return new AnswerRecipe(args);
  }

  @Override
  public Task head() {
    return Task.QUESTION_ANSWERING;
  }

  @Override
  public List<String> findings() {
    return List.of(
        "Texts: columns question and context",
        "Answers: column answers"
            + (args.version2WithNegative() ? ", which has none for some questions" : ""));
  }

  @Override
  public Dataset<Map<String, Object>> samples(Rows rows, TextSettings texts) {
    return features(rows, texts).samples();
  }

  private AnswerFeatures features(Rows rows, TextSettings texts) {
    List<AnswerFeatures.Example> examples = new ArrayList<>();
    for (long i = 0; i < rows.rows().size(); i++) {
      try {
        examples.add(example(rows.rows().get(i)));
      } catch (IllegalArgumentException e) {
        throw Cells.at(rows, i, e);
      }
    }
    return new AnswerFeatures(
        texts.tokenizer(), examples, texts.maxLength(USUAL_LENGTH), stride(texts));
  }

  private int stride(TextSettings texts) {
    return Math.min(args.docStride(), texts.maxLength(USUAL_LENGTH) / 2);
  }

  /** SQuAD's form: {@code {"text": [...], "answer_start": [...]}}, counted in code points as Python does. */
  private AnswerFeatures.Example example(Map<String, Object> row) {
    if (!(row.get("answers") instanceof Map<?, ?> answers)
        || !(answers.get("text") instanceof List<?> texts)
        || !(answers.get("answer_start") instanceof List<?> starts)
        || texts.size() != starts.size()) {
      throw new IllegalArgumentException(
          "answers is "
              + Cells.shown(row.get("answers"))
              + ", expected {\"text\": [\"...\"], \"answer_start\": [0]} with one start for each text");
    }
    String context = Cells.text(row, "context");
    if (starts.isEmpty()) {
      if (!args.version2WithNegative()) {
        throw new IllegalArgumentException(
            "the question has no answer: give --version_2_with_negative where some have none, or leave the row out");
      }
      return AnswerFeatures.Example.unanswerable(Cells.text(row, "question"), context);
    }
    int points = starts.get(0) instanceof Number number ? number.intValue() : -1;
    int start =
        points >= 0 && points <= context.codePointCount(0, context.length())
            ? context.offsetByCodePoints(0, points)
            : -1;
    List<String> all = texts.stream().map(String::valueOf).toList();
    return new AnswerFeatures.Example(Cells.text(row, "question"), context, all, start);
  }

  @Override
  public DataCollator<Map<String, ?>> collator(TextSettings texts, PretrainedModel model) {
    return new DataCollatorWithPadding(texts.tokenizer(), texts.padding(USUAL_LENGTH));
  }

  @Override
  public void measure(Trainer.Builder builder, Rows evaluated, TextSettings texts) {
    AnswerFeatures features = features(evaluated, texts);
    builder.computeMetrics(
        (ComputeMetrics)
            prediction -> {
              float[][] starts = rows(prediction, "start_logits");
              float[][] ends = rows(prediction, "end_logits");
              int best = args.nBestSize();
              int most = args.maxAnswerLength();
              return args.version2WithNegative()
                  ? SquadV2.score(
                      features.answersOrNone(
                          starts, ends, best, most, args.nullScoreDiffThreshold()),
                      features.references())
                  : Squad.score(features.answers(starts, ends, best, most), features.references());
            });
  }

  private static float[][] rows(EvalPrediction prediction, String name) {
    return Inference.rows(Objects.requireNonNull(prediction.allPredictions().get(name), name));
  }

  @Override
  public RowPredictor predictor(PretrainedModel model, TextSettings texts, int batchSize)
      throws IOException {
    return Predictors.ofQuestions(
        QuestionAnswerer.builder(model, texts.tokenizer())
            .maxLength(texts.maxLength(USUAL_LENGTH))
            .stride(Math.max(1, stride(texts)))
            .maxAnswerLength(args.maxAnswerLength())
            .handleImpossibleAnswer(args.version2WithNegative())
            .noAnswerThreshold(args.nullScoreDiffThreshold())
            .build());
  }
}
