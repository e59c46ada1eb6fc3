// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.Trainer;
import dev.trainer4j.cli.train.RunData.Rows;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.metrics.Classification;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.metrics.StreamingMetrics;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.ProblemType;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.collate.DataCollatorWithPadding;
import dev.trainer4j.transformers.metrics.Correlations;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A label, several labels or a number for each text or pair, as run_glue and run_classification do. */
final class TextLabelRecipe implements Recipe {
  private static final int USUAL_LENGTH = 128;

  private final List<String> texts;
  private final String label;
  private final ProblemType problem;
  private final LabelSet labels;

  private TextLabelRecipe(List<String> texts, String label, ProblemType problem, LabelSet labels) {
    this.texts = texts;
    this.label = label;
    this.problem = problem;
    this.labels = labels;
  }

  static TextLabelRecipe of(
      TextArguments args, RunData data, TextTask task, PretrainedConfig config) {
    Rows rows = data.first();
    Optional<String> found =
        TextColumns.label(args, rows).or(() -> TextColumns.onlyOther(rows, args));
    List<String> texts = TextColumns.texts(args, rows, found);
    String label =
        found.orElseThrow(
            () ->
                new IllegalArgumentException(
                    "which column of "
                        + rows.source()
                        + " holds the labels? It has "
                        + String.join(", ", rows.columns())
                        + ": name it by --label_column_name"));
    if (task == TextTask.REGRESSION) {
      return new TextLabelRecipe(
          texts,
          label,
          ProblemType.REGRESSION,
          LabelSet.of(Set.of("LABEL_0"), PretrainedConfig.of(Map.of("model_type", "none"))));
    }
    boolean several = Cells.sample(rows, label).stream().anyMatch(List.class::isInstance);
    Set<String> seen = seen(data, label);
    LabelSet labels =
        data.train() == null ? LabelSet.ofTrained(seen, config) : LabelSet.of(seen, config);
    if (labels.size() < 2) {
      throw new IllegalArgumentException(
          "the column '"
              + label
              + "' of "
              + rows.source()
              + " has one label alone, "
              + Cells.shown(labels.name(0))
              + ": there is nothing to learn. Is it the right column?");
    }
    if (data.validation() != null) {
      labels.require(data.validation(), label);
    }
    return new TextLabelRecipe(
        texts,
        label,
        several ? ProblemType.MULTI_LABEL_CLASSIFICATION : ProblemType.SINGLE_LABEL_CLASSIFICATION,
        labels);
  }

  private static Set<String> seen(RunData data, String label) {
    Rows rows = data.train() != null ? data.train() : data.first();
    Set<String> seen =
        Cells.all(rows, label).stream()
            .flatMap(value -> value instanceof List<?> list ? list.stream() : Stream.of(value))
            .map(LabelSet::nameOf)
            .collect(Collectors.toSet());
    if (seen.size() > 1000 && seen.size() > rows.rows().size() / 2) {
      throw new IllegalArgumentException(
          "the column '"
              + label
              + "' of "
              + rows.source()
              + " has "
              + seen.size()
              + " different labels in "
              + rows.rows().size()
              + " rows. Is it the right column? Name it by --label_column_name");
    }
    return seen;
  }

  /** Whether the labels are numbers of which one has a fraction. */
  static boolean isNumber(TextArguments args, Rows rows) {
    String column =
        TextColumns.label(args, rows).or(() -> TextColumns.onlyOther(rows, args)).orElseThrow();
    boolean fraction = false;
    for (Object value : Cells.sample(rows, column)) {
      Double number = Cells.number(value);
      if (number == null) {
        return false;
      }
      fraction |= number != Math.rint(number);
    }
    return fraction;
  }

  /** What a trained model predicts. */
  static ProblemType problem(PretrainedConfig config) {
    return config
        .problemType()
        .orElse(
            config.numLabels() == 1
                ? ProblemType.REGRESSION
                : ProblemType.SINGLE_LABEL_CLASSIFICATION);
  }

  @Override
  public Task head() {
    return Task.SEQUENCE_CLASSIFICATION;
  }

  @Override
  public List<String> findings() {
    String what =
        switch (problem) {
          case REGRESSION -> "Number to predict: column " + label;
          case MULTI_LABEL_CLASSIFICATION -> "Labels: column " + label + ", any of " + labels.few();
          case SINGLE_LABEL_CLASSIFICATION ->
              "Labels: column " + label + ", one of " + labels.few();
        };
    return List.of("Text: column " + String.join(" and ", texts), what);
  }

  @Override
  public LoadOptions loading(LoadOptions options) {
    return options.withLabels(labels.names()).withProblemType(problem);
  }

  @Override
  public Dataset<Map<String, Object>> samples(Rows rows, TextSettings settings) {
    Dataset<Map<String, Object>> source = rows.rows();
    for (long i = 0; i < source.size(); i++) {
      Map<String, Object> row = source.get(i);
      try {
        texts.forEach(column -> Cells.text(row, column));
        value(row);
      } catch (IllegalArgumentException e) {
        throw Cells.at(rows, i, e);
      }
    }
    return source.map(row -> sample(row, settings));
  }

  private Map<String, Object> sample(Map<String, Object> row, TextSettings settings) {
    Map<String, Object> sample = encoded(row, settings).toSample();
    sample.put(problem == ProblemType.MULTI_LABEL_CLASSIFICATION ? "labels" : "label", value(row));
    return sample;
  }

  private TokenizedText encoded(Map<String, Object> row, TextSettings settings) {
    String text = Cells.text(row, texts.get(0));
    return texts.size() == 1
        ? settings.tokenizer().encode(text, settings.truncated(USUAL_LENGTH))
        : settings
            .tokenizer()
            .encodePair(text, Cells.text(row, texts.get(1)), settings.truncated(USUAL_LENGTH));
  }

  private Object value(Map<String, Object> row) {
    Object value = row.get(label);
    if (value == null || Cells.isEmpty(value)) {
      throw new IllegalArgumentException("the column '" + label + "' is empty, expected a label");
    }
    return switch (problem) {
      case REGRESSION -> number(value);
      case SINGLE_LABEL_CLASSIFICATION -> labels.index(LabelSet.nameOf(value));
      case MULTI_LABEL_CLASSIFICATION -> several(value);
    };
  }

  private float number(Object value) {
    @Nullable Double number = Cells.number(value);
    if (number == null || !Double.isFinite(number)) {
      throw new IllegalArgumentException(
          "the column '" + label + "' is " + Cells.shown(value) + ", expected a number");
    }
    return number.floatValue();
  }

  private float[] several(Object value) {
    float[] row = new float[labels.size()];
    List<?> names = value instanceof List<?> list ? list : List.of(value);
    names.forEach(name -> row[labels.index(LabelSet.nameOf(name))] = 1);
    return row;
  }

  @Override
  public DataCollator<Map<String, ?>> collator(TextSettings settings, PretrainedModel model) {
    return new DataCollatorWithPadding(settings.tokenizer(), settings.padding(USUAL_LENGTH));
  }

  @Override
  public void measure(Trainer.Builder builder, Rows evaluated, TextSettings settings) {
    switch (problem) {
      case REGRESSION -> builder.computeMetrics((ComputeMetrics) TextLabelRecipe::ofNumbers);
      case SINGLE_LABEL_CLASSIFICATION ->
          builder.computeMetrics(Metrics.classification(Classification.Average.MACRO));
      case MULTI_LABEL_CLASSIFICATION ->
          builder.computeMetrics(Metrics.multiLabel(Classification.Average.MICRO, 0.5));
    }
  }

  /** Errors, and run_glue's correlations for stsb, which two rows are too few for. */
  private static Map<String, Double> ofNumbers(EvalPrediction prediction) {
    StreamingMetrics.Accumulator errors = Metrics.regression().start();
    errors.add(prediction);
    Map<String, Double> figures = new LinkedHashMap<>(errors.result());
    if (prediction.labelIds().size() > 1) {
      figures.putAll(Correlations.pearsonAndSpearman().compute(prediction));
    }
    return figures;
  }

  @Override
  public String label(long index) {
    return labels.name(index);
  }

  @Override
  public RowPredictor predictor(PretrainedModel model, TextSettings settings, int batchSize)
      throws IOException {
    return Predictors.ofTexts(model, settings.tokenizer(), texts, problem, batchSize);
  }
}
