// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.Trainer;
import dev.trainer4j.cli.train.RunData.Rows;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.model.Inference;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.collate.DataCollatorForMultipleChoice;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which of several endings is right, as run_swag does: columns sent1, sent2 (may be missing), ending0, ending1 ... and label. */
final class ChoiceRecipe implements Recipe {
  private static final int USUAL_LENGTH = 1024;

  private final List<String> endings;

  private ChoiceRecipe(List<String> endings) {
    this.endings = endings;
  }

  static ChoiceRecipe of(RunData data) {
    List<String> columns = data.first().columns();
    List<String> endings =
        columns.stream().filter(column -> column.matches("ending[0-9]")).sorted().toList();
    if (!columns.contains("sent1") || endings.size() < 2) {
      throw new IllegalArgumentException(
          "multiple choice needs the columns sent1, ending0, ending1 and so on, and label; "
              + data.first().source()
              + " has "
              + String.join(", ", columns)
              + ": rename them");
    }
    return new ChoiceRecipe(endings);
  }

  @Override
  public Task head() {
    return Task.MULTIPLE_CHOICE;
  }

  @Override
  public List<String> findings() {
    return List.of(
        "Texts: column sent1, with sent2 and " + String.join(", ", endings),
        "Right ending: column label");
  }

  @Override
  public Dataset<Map<String, Object>> samples(Rows rows, TextSettings texts) {
    for (long i = 0; i < rows.rows().size(); i++) {
      try {
        label(rows.rows().get(i));
      } catch (IllegalArgumentException e) {
        throw Cells.at(rows, i, e);
      }
    }
    return rows.rows()
        .map(
            row -> {
              Map<String, Object> sample = inputs(row, texts);
              sample.put("label", label(row));
              return sample;
            });
  }

  private Map<String, Object> inputs(Map<String, Object> row, TextSettings texts) {
    String start = row.get("sent2") == null ? "" : Cells.text(row, "sent2") + " ";
    Map<String, List<Object>> fields = new LinkedHashMap<>();
    for (String ending : endings) {
      TokenizedText text =
          texts
              .tokenizer()
              .encodePair(
                  Cells.text(row, "sent1"),
                  start + Cells.text(row, ending),
                  texts.truncated(USUAL_LENGTH));
      text.toSample()
          .forEach(
              (name, value) -> fields.computeIfAbsent(name, key -> new ArrayList<>()).add(value));
    }
    return new LinkedHashMap<>(fields);
  }

  private int label(Map<String, Object> row) {
    Double number = Cells.number(row.get("label"));
    if (number == null || number != Math.rint(number) || number < 0 || number >= endings.size()) {
      throw new IllegalArgumentException(
          "label is "
              + Cells.shown(row.get("label"))
              + ", expected the number of an ending, from 0 to "
              + (endings.size() - 1));
    }
    return number.intValue();
  }

  @Override
  public DataCollator<Map<String, ?>> collator(TextSettings texts, PretrainedModel model) {
    return new DataCollatorForMultipleChoice(texts.tokenizer(), texts.padding(USUAL_LENGTH));
  }

  @Override
  public void measure(Trainer.Builder builder, Rows evaluated, TextSettings texts) {
    builder.computeMetrics(Metrics.accuracy());
  }

  @Override
  public RowPredictor predictor(PretrainedModel model, TextSettings texts, int batchSize) {
    DataCollatorForMultipleChoice collator = new DataCollatorForMultipleChoice(texts.tokenizer());
    return Predictors.each(
        row -> {
          float[] logits =
              Inference.run(
                  model,
                  manager -> collator.collate(List.of(inputs(row, texts)), manager),
                  output -> Inference.floats(output.logits()));
          return chosen(logits);
        },
        () -> {});
  }

  private Map<String, Object> chosen(float[] logits) {
    int best = 0;
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    for (float logit : logits) {
      sum += Math.exp(logit - logits[best]);
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("label", best);
    result.put("ending", endings.get(best));
    result.put("score", Predictors.rounded(1 / sum));
    return result;
  }
}
