// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.Trainer;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.cli.train.RunData.Rows;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.collate.DataCollatorForSeq2Seq;
import dev.trainer4j.transformers.metrics.Bleu;
import dev.trainer4j.transformers.metrics.Rouge;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainer;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainingArguments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A text from a text: run_summarization and run_translation. */
final class WritingRecipe implements Recipe {
  private static final Set<String> SUMMARIES =
      Set.of("summary", "highlights", "target", "abstract");
  private static final List<String> SOURCES =
      List.of("document", "article", "dialogue", "source", "text", "body", "report");

  private final boolean translates;
  private final String source;
  private final String target;
  private final TextArguments args;

  private WritingRecipe(boolean translates, String source, String target, TextArguments args) {
    this.translates = translates;
    this.source = source;
    this.target = target;
    this.args = args;
  }

  /** A column of summaries, beside one of their sources. */
  static Optional<String> summary(TextArguments args, Rows rows) {
    if (args.summaryColumn() != null) {
      return Optional.of(Cells.require(rows, "--summary_column", args.summaryColumn()));
    }
    List<String> columns = rows.columns();
    return columns.stream()
        .filter(SUMMARIES::contains)
        .filter(
            found ->
                rows.rows().get(0).get(found) instanceof String text && text.strip().contains(" "))
        .filter(
            found ->
                columns.stream().anyMatch(other -> SOURCES.contains(other) && !other.equals(found)))
        .findFirst();
  }

  static WritingRecipe summarization(TextArguments args, RunData data) {
    Rows rows = data.first();
    String target =
        summary(args, rows).orElseThrow(() -> missing(rows, "summary", "--summary_column"));
    String source =
        args.textColumnName().isEmpty()
            ? SOURCES.stream()
                .filter(name -> rows.columns().contains(name) && !name.equals(target))
                .findFirst()
                .orElseThrow(() -> missing(rows, "text", "--text_column_name"))
            : Cells.require(rows, "--text_column_name", args.textColumnName().get(0));
    return new WritingRecipe(false, source, target, args);
  }

  /** For rows without targets. */
  static WritingRecipe ofSources(TextArguments args, Rows rows) {
    String source =
        args.textColumnName().isEmpty()
            ? SOURCES.stream()
                .filter(rows.columns()::contains)
                .findFirst()
                .orElseGet(() -> TextColumns.texts(args, rows, Optional.empty()).get(0))
            : Cells.require(rows, "--text_column_name", args.textColumnName().get(0));
    return new WritingRecipe(false, source, "", args);
  }

  static WritingRecipe translation(TextArguments args, RunData data) {
    if (args.sourceLang() == null || args.targetLang() == null) {
      throw new UsageException(
          "translation needs --source_lang and --target_lang: the keys of the column translation, such as en and de, or"
              + " the names of two columns");
    }
    return new WritingRecipe(true, args.sourceLang(), args.targetLang(), args);
  }

  private static IllegalArgumentException missing(Rows rows, String what, String flag) {
    return new IllegalArgumentException(
        "which column of "
            + rows.source()
            + " holds the "
            + what
            + "? It has "
            + String.join(", ", rows.columns())
            + ": name it by "
            + flag);
  }

  @Override
  public Task head() {
    return Task.SEQ2SEQ_LM;
  }

  @Override
  public List<String> findings() {
    String prefix = args.sourcePrefix() == null ? "" : ", after '" + args.sourcePrefix() + "'";
    return List.of("Source: " + source + prefix, "Target: " + target);
  }

  private String cell(Map<String, Object> row, String key) {
    if (translates && row.get("translation") instanceof Map<?, ?> both) {
      Object text = both.get(key);
      if (text == null) {
        throw new IllegalArgumentException(
            "translation has " + both.keySet() + ", but no '" + key + "'");
      }
      return String.valueOf(text);
    }
    return Cells.text(row, key);
  }

  private String source(Map<String, Object> row) {
    return (args.sourcePrefix() == null ? "" : args.sourcePrefix()) + cell(row, source);
  }

  @Override
  public Dataset<Map<String, Object>> samples(Rows rows, TextSettings texts) {
    for (long i = 0; i < rows.rows().size(); i++) {
      try {
        source(rows.rows().get(i));
        cell(rows.rows().get(i), target);
      } catch (IllegalArgumentException e) {
        throw Cells.at(rows, i, e);
      }
    }
    return rows.rows()
        .map(
            row -> {
              Map<String, Object> sample =
                  texts.tokenizer().encode(source(row), options(texts)).toSample();
              EncodeOptions cut = EncodeOptions.truncated(args.maxTargetLength());
              sample.put("labels", texts.tokenizer().encode(cell(row, target), cut).inputIds());
              return sample;
            });
  }

  private EncodeOptions options(TextSettings texts) {
    return EncodeOptions.truncated(Math.min(args.maxSourceLength(), texts.modelLimit()));
  }

  @Override
  public DataCollator<Map<String, ?>> collator(TextSettings texts, PretrainedModel model) {
    return new DataCollatorForSeq2Seq(texts.tokenizer(), model);
  }

  @Override
  public void measure(Trainer.Builder builder, Rows evaluated, TextSettings texts) {
    builder.computeMetrics((ComputeMetrics) prediction -> figures(prediction, texts.tokenizer()));
  }

  private Map<String, Double> figures(EvalPrediction prediction, PretrainedTokenizer tokenizer) {
    NDArray written = prediction.allPredictions().get(Seq2SeqTrainer.SEQUENCES);
    if (written == null) {
      return Map.of();
    }
    List<int[]> tokens = ids(written);
    List<String> texts = decoded(tokens, tokenizer);
    List<String> wanted = decoded(ids(prediction.labelIds()), tokenizer);
    Map<String, Double> result = new LinkedHashMap<>();
    if (translates) {
      result.put("bleu", Bleu.score(texts, wanted.stream().map(List::of).toList()));
    } else {
      Rouge.score(texts, wanted).forEach((name, value) -> result.put(name, 100 * value));
    }
    int padding = tokenizer.padTokenId();
    result.put(
        "gen_len",
        tokens.stream()
            .mapToLong(row -> Arrays.stream(row).filter(id -> id != padding).count())
            .average()
            .orElse(0));
    return result;
  }

  private static List<String> decoded(List<int[]> rows, PretrainedTokenizer tokenizer) {
    return rows.stream().map(row -> tokenizer.decode(row, true).strip()).toList();
  }

  /** The rows without what fills them up. */
  private static List<int[]> ids(NDArray array) {
    int width = (int) array.getShape().get(1);
    long[] all;
    try (NDArray wide = array.toType(DataType.INT64, true)) {
      all = wide.toLongArray();
    }
    List<int[]> rows = new ArrayList<>();
    for (int at = 0; at < all.length; at += width) {
      rows.add(
          Arrays.stream(all, at, at + width)
              .filter(id -> id >= 0)
              .mapToInt(Math::toIntExact)
              .toArray());
    }
    return rows;
  }

  @Override
  public Trainer trainer(Trainer.Builder builder, Seq2SeqTrainingArguments writing) {
    return new Seq2SeqTrainer(builder, writing);
  }

  @Override
  public RowPredictor predictor(PretrainedModel model, TextSettings texts, int batchSize) {
    return new Predictors.Written(model, texts.tokenizer(), this::source, options(texts));
  }
}
