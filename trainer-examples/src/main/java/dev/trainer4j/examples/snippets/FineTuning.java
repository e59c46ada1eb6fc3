// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.sft.LossType;
import dev.trainer4j.transformers.sft.SftArguments;
import dev.trainer4j.transformers.sft.SftTrainer;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainingArguments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Supervised fine-tuning of language models. */
public final class FineTuning {

  private FineTuning() {}

  /** Train an adapter on a file of conversations. */
  public static void adapter(Path dir, Path file, Path out) throws IOException {
    // docs: adapter
    try (PretrainedModel model = AutoModels.causalLm(dir);
        SftTrainer trainer =
            SftTrainer.builder(model, SftArguments.builder().packing(true).build())
                .peft(LoraConfig.builder().r(16).targetModules("all-linear").build())
                .trainDataset(Datasets.jsonLines(file))
                .build()) {
      trainer.train();
      trainer.saveModel(out); // PeftModel.from_pretrained(base, out) in Python
    }
    // end docs
  }

  /** Say how. */
  public static SftArguments arguments(Path out) {
    // docs: arguments
    SftArguments args =
        SftArguments.builder()
            .training(
                t ->
                    t.outputDir(out)
                        .numTrainEpochs(2)
                        .learningRate(2e-4)
                        .evalStrategy(IntervalStrategy.EPOCH))
            .assistantOnlyLoss(true)
            .maxLength(2048)
            .lossType(LossType.CHUNKED_NLL)
            .build();
    // end docs
    return args;
  }

  /** Make texts of rows that have other columns. */
  public static void format(PretrainedModel model, SftArguments args, Path file) {
    // docs: format
    SftTrainer trainer =
        SftTrainer.builder(model, args)
            .formattingFunc(
                row -> "Question: " + row.get("question") + "\nAnswer: " + row.get("answer"))
            .trainDataset(Datasets.jsonLines(file))
            .build();
    // end docs
    try (trainer) {
      trainer.train();
    }
  }

  /** Judge a model by what it writes. */
  public static void written(
      PretrainedModel model,
      SftArguments args,
      Dataset<Map<String, Object>> train,
      Dataset<Map<String, Object>> test,
      ComputeMetrics rouge) {
    // docs: written
    GenerationConfig settings = GenerationConfig.builder().maxNewTokens(64).build();
    SftTrainer trainer =
        SftTrainer.builder(model, args)
            .trainDataset(train)
            .evalDataset(test) // rows of prompt and completion
            .generation(
                Seq2SeqTrainingArguments.builder()
                    .predictWithGenerate(true)
                    .generationConfig(settings)
                    .build())
            .computeMetrics(rouge)
            .build();
    // end docs
    try (trainer) {
      trainer.train();
    }
  }

  /** Make one model of a base and its adapter. */
  public static void merge(Path dir, Path adapter, Path out) throws IOException {
    // docs: merge
    try (PretrainedModel base = AutoModels.causalLm(dir)) {
      PeftModel.load(base, adapter).mergeAndUnload().save(out);
    }
    // end docs
  }

  /** Train an adapter with any trainer. */
  public static void peft(
      PretrainedModel base, TrainingArguments args, Dataset<Map<String, Object>> train, Path out)
      throws IOException {
    // docs: peft
    LoraConfig config =
        LoraConfig.builder().r(16).loraAlpha(32).targetModules("all-linear").build();
    try (PeftModel model = PeftModel.of(base, config);
        Trainer trainer = Trainer.builder(model, args).trainDataset(train).build()) {
      trainer.train(); // trains the adapter alone
      trainer.saveModel(out); // PeftModel.from_pretrained(base, out) reads it in Python
    }
    // end docs
  }
}
