// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import ai.djl.Device;
import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.NamedModel;
import dev.trainer4j.cli.WholeFile;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.predict.TextLimit;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A trained model that predicts rows as they come. */
final class PredictRun implements AutoCloseable {
  private final TextArguments args;
  private final int batchSize;
  private final Console console;
  private final PretrainedModel model;
  private final TextSettings texts;

  private PredictRun(
      TextArguments args,
      int batchSize,
      Console console,
      PretrainedModel model,
      TextSettings texts) {
    this.args = args;
    this.batchSize = batchSize;
    this.console = console;
    this.model = model;
    this.texts = texts;
  }

  static PredictRun load(TextArguments args, boolean useCpu, int batchSize, Console console)
      throws IOException {
    Path folder = NamedModel.folder("MODEL", Objects.requireNonNull(args.modelNameOrPath()), null);
    PretrainedConfig config = PretrainedConfig.read(folder);
    Task head = Task.of(config);
    if (head == Task.CAUSAL_LM || head == Task.MASKED_LM || head == Task.FEATURE_EXTRACTION) {
      throw new IllegalArgumentException(
          folder
              + " is a model for "
              + words(head)
              + ", which predicts nothing for a row"
              + (head == Task.CAUSAL_LM
                  ? ": 'trainer generate' goes on with texts"
                  : ": train it first, by 'trainer train'"));
    }
    PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder);
    try {
      LoadOptions options = LoadOptions.defaults().withNewHead(false);
      PretrainedModel model =
          AutoModels.load(folder, head, useCpu ? options.withDevice(Device.cpu()) : options);
      TextSettings texts = new TextSettings(tokenizer, TextLimit.of(config, tokenizer), args);
      return new PredictRun(args, batchSize, console, model, texts);
    } catch (IOException | RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** Predicts all rows of a source: to standard output at once, to a file whole or not at all. */
  void predict(RowSource rows, @Nullable Path output, boolean withInput) throws IOException {
    if (output == null) {
      predict(rows, console.out(), withInput);
      return;
    }
    WholeFile.write(output, out -> predict(rows, out, withInput));
  }

  private void predict(RowSource rows, PrintWriter out, boolean withInput) throws IOException {
    RowPredictor predictor = null;
    try {
      List<Map<String, Object>> some = rows.next(batchSize);
      while (!some.isEmpty()) {
        if (predictor == null) {
          predictor = predictor(new RunData.Rows(rows.name(), Datasets.of(some)));
        }
        print(some, predicted(predictor, some, rows), out, withInput);
        if (out.checkError()) {
          throw new IOException(
              "what was predicted could not be printed: nobody reads it any more");
        }
        some = rows.next(batchSize);
      }
    } finally {
      if (predictor != null) {
        predictor.close();
      }
    }
  }

  private static List<Map<String, Object>> predicted(
      RowPredictor predictor, List<Map<String, Object>> rows, RowSource source) {
    try {
      return predictor.predict(rows);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          source.place()
              + (rows.size() == 1
                  ? ": "
                  : ", or one of the " + (rows.size() - 1) + " rows behind it: ")
              + e.getMessage(),
          e);
    }
  }

  private static void print(
      List<Map<String, Object>> rows,
      List<Map<String, Object>> predictions,
      PrintWriter out,
      boolean withInput) {
    for (int i = 0; i < rows.size(); i++) {
      Map<String, Object> line = new LinkedHashMap<>(withInput ? rows.get(i) : Map.of());
      if (withInput) {
        line.put("prediction", predictions.get(i));
      } else {
        line.putAll(predictions.get(i));
      }
      out.println(ResultFiles.line(line));
    }
    out.flush();
  }

  private RowPredictor predictor(RunData.Rows first) throws IOException {
    RunData data = new RunData(null, null, first);
    PretrainedTokenizer tokenizer = texts.tokenizer();
    return switch (model.task()) {
      case SEQUENCE_CLASSIFICATION -> {
        Optional<String> label =
            first.columns().size() > 1 ? TextColumns.label(args, first) : Optional.empty();
        List<String> columns = TextColumns.texts(args, first, label);
        console.tell("Text: column " + String.join(" and ", columns) + ".");
        yield Predictors.ofTexts(
            model, tokenizer, columns, TextLabelRecipe.problem(model.config()), batchSize);
      }
      case TOKEN_CLASSIFICATION -> {
        String column =
            TokenLabelRecipe.words(args, first)
                .orElseGet(() -> TextColumns.texts(args, first, Optional.empty()).get(0));
        console.tell("Text: column " + column + ".");
        yield Predictors.ofWords(model, tokenizer, column, batchSize);
      }
      case QUESTION_ANSWERING ->
          AnswerRecipe.ofQuestions(args, first).predictor(model, texts, batchSize);
      case MULTIPLE_CHOICE -> ChoiceRecipe.of(data).predictor(model, texts, batchSize);
      default -> WritingRecipe.ofSources(args, first).predictor(model, texts, batchSize);
    };
  }

  static String words(Task head) {
    return head.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  @Override
  public void close() {
    model.close();
    texts.tokenizer().close();
  }
}
