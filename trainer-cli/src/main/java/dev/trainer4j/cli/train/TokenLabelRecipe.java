// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.Trainer;
import dev.trainer4j.cli.train.RunData.Rows;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.collate.DataCollatorForTokenClassification;
import dev.trainer4j.transformers.metrics.Entities;
import dev.trainer4j.transformers.prepare.WordLabels;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/** A label for each word, as run_ner does: the first token of a word has it, the others none. */
final class TokenLabelRecipe implements Recipe {
  private static final int USUAL_LENGTH = 512;
  private static final List<String> WORDS = List.of("tokens", "words");
  private static final List<String> TAGS =
      List.of("ner_tags", "tags", "labels", "pos_tags", "chunk_tags");

  private final String words;
  private final String tags;
  private final LabelSet labels;
  private final WordLabels rule;

  private TokenLabelRecipe(String words, String tags, LabelSet labels, WordLabels rule) {
    this.words = words;
    this.tags = tags;
    this.labels = labels;
    this.rule = rule;
  }

  static Optional<String> words(TextArguments args, Rows rows) {
    if (args.textColumnName().size() == 1) {
      String named = Cells.require(rows, "--text_column_name", args.textColumnName().get(0));
      return rows.rows().get(0).get(named) instanceof List ? Optional.of(named) : Optional.empty();
    }
    return ofLists(WORDS, rows);
  }

  static Optional<String> tags(TextArguments args, Rows rows) {
    if (args.labelColumnName() != null) {
      String named = Cells.require(rows, "--label_column_name", args.labelColumnName());
      return rows.rows().get(0).get(named) instanceof List ? Optional.of(named) : Optional.empty();
    }
    String asked = args.taskName();
    return (asked == null ? Optional.<String>empty() : ofLists(List.of(asked + "_tags"), rows))
        .or(() -> ofLists(TAGS, rows));
  }

  private static Optional<String> ofLists(List<String> names, Rows rows) {
    Map<String, Object> first = rows.rows().get(0);
    return names.stream().filter(name -> first.get(name) instanceof List).findFirst();
  }

  static TokenLabelRecipe of(TextArguments args, RunData data, PretrainedConfig config) {
    Rows rows = data.first();
    String words =
        words(args, rows).orElseThrow(() -> missing(rows, "words", "--text_column_name"));
    String tags =
        tags(args, rows).orElseThrow(() -> missing(rows, "labels", "--label_column_name"));
    Set<String> seen = new HashSet<>();
    Cells.all(rows, tags)
        .forEach(list -> ((List<?>) list).forEach(tag -> seen.add(LabelSet.nameOf(tag))));
    LabelSet labels =
        data.train() == null ? LabelSet.ofTrained(seen, config) : LabelSet.of(seen, config);
    if (data.validation() != null) {
      labels.require(data.validation(), tags);
    }
    return new TokenLabelRecipe(words, tags, labels, ruleOf(args, labels));
  }

  private static WordLabels ruleOf(TextArguments args, LabelSet labels) {
    return args.labelAllTokens() ? WordLabels.allTokens(labels.names()) : WordLabels.firstToken();
  }

  private static IllegalArgumentException missing(Rows rows, String what, String flag) {
    return new IllegalArgumentException(
        "which column of "
            + rows.source()
            + " holds the list of "
            + what
            + "? It has "
            + String.join(", ", rows.columns())
            + ": name it by "
            + flag
            + ". Words and labels are lists of equal length, as JSON Lines and Parquet have them");
  }

  @Override
  public Task head() {
    return Task.TOKEN_CLASSIFICATION;
  }

  @Override
  public List<String> findings() {
    return List.of(
        "Words: column " + words, "Labels: column " + tags + ", each one of " + labels.few());
  }

  @Override
  public LoadOptions loading(LoadOptions options) {
    return options.withLabels(labels.names());
  }

  @Override
  public Dataset<Map<String, Object>> samples(Rows rows, TextSettings settings) {
    for (long i = 0; i < rows.rows().size(); i++) {
      Map<String, Object> row = rows.rows().get(i);
      try {
        List<String> text = Cells.texts(row, words);
        int[] wanted = indices(row);
        if (text.isEmpty() || text.size() != wanted.length) {
          throw new IllegalArgumentException(
              "there are "
                  + text.size()
                  + " words in '"
                  + words
                  + "' and "
                  + wanted.length
                  + " labels in '"
                  + tags
                  + "': give each word one label");
        }
      } catch (IllegalArgumentException e) {
        throw Cells.at(rows, i, e);
      }
    }
    return rows.rows().map(row -> sample(row, settings));
  }

  private int[] indices(Map<String, Object> row) {
    return row.get(tags) instanceof List<?> list
        ? list.stream().mapToInt(tag -> labels.index(LabelSet.nameOf(tag))).toArray()
        : new int[0];
  }

  private Map<String, Object> sample(Map<String, Object> row, TextSettings settings) {
    TokenizedText text =
        settings.tokenizer().encodeWords(Cells.texts(row, words), settings.truncated(USUAL_LENGTH));
    Map<String, Object> sample = text.toSample();
    sample.put("labels", rule.of(text, indices(row)));
    return sample;
  }

  @Override
  public DataCollator<Map<String, ?>> collator(TextSettings settings, PretrainedModel model) {
    return new DataCollatorForTokenClassification(
        settings.tokenizer(), settings.padding(USUAL_LENGTH), (int) WordLabels.IGNORED);
  }

  @Override
  public void measure(Trainer.Builder builder, Rows evaluated, TextSettings settings) {
    boolean entities = labels.names().stream().allMatch(name -> name.matches("O|[BI]-.+"));
    if (!entities) {
      builder.computeMetrics(Metrics.accuracy());
      return;
    }
    builder.preprocessLogitsForMetrics((logits, inputs) -> logits.argMax(-1));
    builder.computeMetrics(
        (ComputeMetrics)
            prediction ->
                Entities.score(
                    names(prediction.predictions(), prediction.labelIds()),
                    names(prediction.labelIds(), prediction.labelIds())));
  }

  /** The tags at places that have a label. */
  private List<List<String>> names(NDArray tagged, NDArray places) {
    long width = places.getShape().get(1);
    long[] values = longs(tagged);
    long[] wanted = longs(places);
    return LongStream.range(0, places.getShape().get(0))
        .mapToObj(
            row ->
                LongStream.range(row * width, (row + 1) * width)
                    .filter(i -> wanted[(int) i] != WordLabels.IGNORED)
                    .mapToObj(i -> labels.name(values[(int) i]))
                    .toList())
        .toList();
  }

  private static long[] longs(NDArray array) {
    try (NDArray wide = array.toType(ai.djl.ndarray.types.DataType.INT64, true)) {
      return wide.toLongArray();
    }
  }

  @Override
  public String label(long index) {
    return labels.name(index);
  }

  @Override
  public RowPredictor predictor(PretrainedModel model, TextSettings settings, int batchSize)
      throws IOException {
    return Predictors.ofWords(model, settings.tokenizer(), words, batchSize);
  }
}
