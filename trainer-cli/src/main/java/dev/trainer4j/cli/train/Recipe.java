// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.Trainer;
import dev.trainer4j.cli.train.RunData.Rows;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainingArguments;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** What a task makes of rows: the head of the model, samples, batches, figures and predictions. One class for each script. */
interface Recipe {

  /** The head that is trained. */
  Task head();

  /** The columns and labels that were found, one line each. */
  List<String> findings();

  /** How the model is loaded: with which labels. */
  default LoadOptions loading(LoadOptions options) {
    return options;
  }

  /** Makes samples of rows; a row that cannot be one is an error that names it. */
  Dataset<Map<String, Object>> samples(Rows rows, TextSettings texts);

  /** What makes batches of them. */
  DataCollator<Map<String, ?>> collator(TextSettings texts, PretrainedModel model);

  /** Adds the figures of an evaluation. */
  void measure(Trainer.Builder builder, Rows evaluated, TextSettings texts);

  /** Makes the trainer. */
  default Trainer trainer(Trainer.Builder builder, Seq2SeqTrainingArguments writing) {
    return builder.build();
  }

  /** Figures that follow from others. */
  default Map<String, Double> derived(Map<String, Double> metrics, String prefix) {
    return metrics;
  }

  /** What a label of a sample stands for, in the preview of a batch; the number itself where nothing is known. */
  default String label(long label) {
    return Long.toString(label);
  }

  /** Predicts for rows with a model in memory. */
  RowPredictor predictor(PretrainedModel model, TextSettings texts, int batchSize)
      throws IOException;
}
