// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import ai.djl.nn.SequentialBlock;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.CsvSchema;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.TabularFeatures;
import dev.trainer4j.metrics.Classification;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.model.Losses;
import dev.trainer4j.optim.ParameterGroups;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.collate.DataCollatorWithPadding;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What one often wants to do. */
public final class Recipes {

  private Recipes() {}

  /** Train the head alone. */
  public static void headOnly(PretrainedModel model, Trainer.Builder builder) {
    // docs: head only
    model.freezeBase(); // all but the classifier; or model.freeze("bert.embeddings", ...)
    try (Trainer trainer = builder.build()) {
      trainer.train();
    }
    // end docs
  }

  /** Train the head faster than the rest. */
  public static void twoRates(Trainer.Builder builder) {
    // docs: two rates
    try (Trainer trainer =
        builder
            .parameterGroups(groups -> ParameterGroups.byPattern(groups, "classifier\\..*", 1e-3))
            .build()) {
      trainer.train(); // logs learning_rate and learning_rate_1
    }
    // end docs
  }

  /** Learn labels that may hold together. */
  public static void multiLabel(
      Path bert,
      Path out,
      TrainingArguments args,
      PretrainedTokenizer tokenizer,
      Dataset<Map<String, Object>> train) // input_ids, and labels as float[]: 1 for each that holds
      throws IOException {
    // docs: multi label
    LoadOptions labels = LoadOptions.defaults().withLabels(List.of("sports", "money", "weather"));
    try (PretrainedModel model = AutoModels.sequenceClassification(bert, labels);
        Trainer trainer =
            Trainer.builder(model, args)
                .trainDataset(train)
                .evalDataset(train)
                .dataCollator(new DataCollatorWithPadding(tokenizer))
                .processingClass(tokenizer)
                .computeMetrics(Metrics.multiLabel(Classification.Average.MICRO, 0.5))
                .build()) {
      trainer.train(); // labels of a floating type: binary cross entropy of each
      trainer.saveModel(out); // problem_type is multi_label_classification from now on
    }
    // end docs
  }

  /** Learn numbers. */
  public static void regression(
      Path bert,
      Path out,
      TrainingArguments args,
      PretrainedTokenizer tokenizer,
      Dataset<Map<String, Object>> train) // input_ids, and label as a number
      throws IOException {
    // docs: regression
    LoadOptions one = LoadOptions.defaults().withNumLabels(1);
    try (PretrainedModel model = AutoModels.sequenceClassification(bert, one);
        Trainer trainer =
            Trainer.builder(model, args)
                .trainDataset(train)
                .evalDataset(train)
                .dataCollator(new DataCollatorWithPadding(tokenizer))
                .processingClass(tokenizer)
                .computeMetrics(Metrics.regression())
                .build()) {
      trainer.train(); // a single label: squared error
      trainer.saveModel(out);
    }
    // end docs
  }

  /** Freeze a part of a DJL block. */
  public static void freezeParameters(SequentialBlock block, Trainer.Builder builder) {
    // docs: freeze parameters
    block.getChildren().valueAt(0).freezeParameters(true); // after block.initialize(...)
    try (Trainer trainer = builder.build()) {
      trainer.train();
    }
    // end docs
  }

  /** Learn from a table whose classes are not equally frequent. */
  public static void table(
      Path csv,
      Path out,
      TrainingArguments args,
      java.util.function.IntFunction<SequentialBlock> block)
      throws IOException {
    // docs: table
    Dataset<Map<String, Object>> rows =
        Datasets.csv(csv, CsvSchema.builder().decimals("age", "income").build());
    TabularFeatures features =
        TabularFeatures.builder()
            .numbers("age", "income") // on one scale
            .oneHot("country")
            .label("churn")
            .fit(rows);
    float[] weights = Losses.balancedWeights(900, 100); // rows of each class
    try (Trainer trainer =
        Trainer.builder(block.apply(features.labels().size()), args)
            .trainDataset(rows.map(features))
            .evalDataset(rows.map(features))
            .processingClass(features) // saved with the model
            .computeLossFunc(
                (outputs, inputs) ->
                    Losses.crossEntropy(outputs.logits(), inputs.get("labels"), weights, 0))
            .computeMetrics(
                Metrics.all(
                    Metrics.classification(Classification.Average.BINARY), Metrics.rocAuc()))
            .build()) {
      trainer.train();
      trainer.saveModel(out);
    }
    // end docs
  }
}
