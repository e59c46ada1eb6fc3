// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.ProblemType;
import dev.trainer4j.transformers.predict.Aggregation;
import dev.trainer4j.transformers.predict.Answer;
import dev.trainer4j.transformers.predict.Entity;
import dev.trainer4j.transformers.predict.LabelScore;
import dev.trainer4j.transformers.predict.QuestionAnswerer;
import dev.trainer4j.transformers.predict.TextClassifier;
import dev.trainer4j.transformers.predict.TextRegressor;
import dev.trainer4j.transformers.predict.TokenClassifier;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Predictors of rows, made of the library's predictors of texts. The model and the tokenizer stay the caller's. */
final class Predictors {
  private static final double HOLDS = 0.5;

  private Predictors() {}

  /** Labels or numbers for texts, or for pairs where there are two columns. */
  static RowPredictor ofTexts(
      PretrainedModel model,
      PretrainedTokenizer tokenizer,
      List<String> columns,
      ProblemType problem,
      int batchSize)
      throws IOException {
    if (problem == ProblemType.REGRESSION) {
      TextRegressor regressor =
          TextRegressor.builder(model, tokenizer).batchSize(batchSize).build();
      return columns.size() == 2
          ? each(
              row -> number(regressor.predictPair(text(row, columns, 0), text(row, columns, 1))),
              regressor::close)
          : all(
              columns.get(0),
              texts -> regressor.predict(texts).stream().map(Predictors::number).toList(),
              regressor::close);
    }
    boolean several = problem == ProblemType.MULTI_LABEL_CLASSIFICATION;
    TextClassifier classifier =
        TextClassifier.builder(model, tokenizer).batchSize(batchSize).build();
    return columns.size() == 2
        ? each(
            row ->
                labels(
                    classifier.scoresOfPair(text(row, columns, 0), text(row, columns, 1)), several),
            classifier::close)
        : all(
            columns.get(0),
            texts ->
                classifier.scores(texts).stream().map(scores -> labels(scores, several)).toList(),
            classifier::close);
  }

  /**
   * Entities in texts, or in lists of words, which are joined by spaces. The first token of a word speaks for it, as
   * in the training, where the others have no label.
   */
  static RowPredictor ofWords(
      PretrainedModel model, PretrainedTokenizer tokenizer, String column, int batchSize)
      throws IOException {
    TokenClassifier classifier =
        TokenClassifier.builder(model, tokenizer)
            .batchSize(batchSize)
            .aggregation(Aggregation.FIRST)
            .build();
    return all(
        column,
        texts -> classifier.predict(texts).stream().map(Predictors::entities).toList(),
        classifier::close);
  }

  /** Answers to questions; closes what finds them. */
  static RowPredictor ofQuestions(QuestionAnswerer answerer) {
    return each(
        row -> answer(answerer.answer(Cells.text(row, "question"), Cells.text(row, "context"))),
        answerer::close);
  }

  /** One row at a time. */
  static RowPredictor each(
      Function<Map<String, Object>, Map<String, Object>> predict, Runnable close) {
    return new Plain(rows -> rows.stream().map(predict).toList(), close);
  }

  /** All texts of a column at once. */
  static RowPredictor all(
      String column, Function<List<String>, List<Map<String, Object>>> predict, Runnable close) {
    return new Plain(
        rows -> predict.apply(rows.stream().map(row -> words(row, column)).toList()), close);
  }

  private record Plain(
      Function<List<Map<String, Object>>, List<Map<String, Object>>> function, Runnable closing)
      implements RowPredictor {
    @Override
    public List<Map<String, Object>> predict(List<Map<String, Object>> rows) {
      return function.apply(rows);
    }

    @Override
    public void close() {
      closing.run();
    }
  }

  /** Texts written by an encoder-decoder, one batch for all rows. */
  record Written(
      PretrainedModel model,
      PretrainedTokenizer tokenizer,
      Function<Map<String, Object>, String> source,
      EncodeOptions options)
      implements RowPredictor {

    @Override
    public List<Map<String, Object>> predict(List<Map<String, Object>> rows) {
      return rows.stream().map(row -> one(source.apply(row))).toList();
    }

    private Map<String, Object> one(String text) {
      int[] ids = tokenizer.encode(text, options).inputIds();
      long[] row = Arrays.stream(ids).asLongStream().toArray();
      long[] written = model.generate(new long[][] {row}).newTokens()[0];
      return Map.of("text", tokenizer.decode(written, true).strip());
    }

    @Override
    public void close() {}
  }

  private static String text(Map<String, Object> row, List<String> columns, int index) {
    return Cells.text(row, columns.get(index));
  }

  private static String words(Map<String, Object> row, String column) {
    return row.get(column) instanceof List<?>
        ? String.join(" ", Cells.texts(row, column))
        : Cells.text(row, column);
  }

  private static Map<String, Object> labels(List<LabelScore> scores, boolean several) {
    Map<String, Object> all = new LinkedHashMap<>();
    scores.forEach(score -> all.put(score.label(), rounded(score.score())));
    Map<String, Object> result = new LinkedHashMap<>();
    if (several) {
      result.put(
          "labels",
          scores.stream().filter(s -> s.score() >= HOLDS).map(LabelScore::label).toList());
    } else {
      result.put("label", scores.get(0).label());
      result.put("score", rounded(scores.get(0).score()));
    }
    result.put("scores", all);
    return result;
  }

  private static Map<String, Object> number(double value) {
    return Map.of("value", rounded(value));
  }

  private static Map<String, Object> entities(List<Entity> found) {
    return Map.of(
        "entities",
        found.stream()
            .map(
                entity -> {
                  Map<String, Object> one = new LinkedHashMap<>();
                  one.put("label", entity.label());
                  one.put("text", entity.text());
                  one.put("start", entity.start());
                  one.put("end", entity.end());
                  one.put("score", rounded(entity.score()));
                  return one;
                })
            .toList());
  }

  private static Map<String, Object> answer(Answer answer) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("answer", answer.text());
    result.put("score", rounded(answer.score()));
    result.put("start", answer.start());
    result.put("end", answer.end());
    return result;
  }

  /** Six digits: what is behind them differs from one machine to the next. */
  static double rounded(double value) {
    return Double.isFinite(value) ? Math.round(value * 1e6) / 1e6 : value;
  }
}
