// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.metrics.Classification;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.collate.DataCollatorForMultipleChoice;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From texts of several choices through collator, model and trainer to a folder that loads again. */
class MultipleChoiceTest {

  private static final List<String> CITIES = List.of("Oslo", "Lima", "Cairo", "Quito", "Delhi");
  private static final List<String> FOODS = List.of("soup", "bread", "rice", "apples", "cheese");

  @TempDir Path folder;

  /** The right choice is the one city among two foods, whatever the order. */
  private static Dataset<Map<String, ?>> questions(
      int count, long seed, PretrainedTokenizer tokenizer) {
    Random random = new Random(seed);
    List<Map<String, ?>> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int right = random.nextInt(3);
      Map<String, List<Object>> choices = new LinkedHashMap<>();
      for (int choice = 0; choice < 3; choice++) {
        List<String> words = choice == right ? CITIES : FOODS;
        String text = words.get(random.nextInt(words.size())) + " is" + " far".repeat(choice);
        tokenizer
            .encodePair("Which place?", text, EncodeOptions.truncated(64))
            .toSample()
            .forEach(
                (name, tokens) ->
                    choices.computeIfAbsent(name, key -> new ArrayList<>()).add(tokens));
      }
      Map<String, Object> sample = new LinkedHashMap<>(choices);
      sample.put("label", right);
      samples.add(sample);
    }
    return Datasets.of(samples);
  }

  private static PretrainedModel model() {
    return AutoModels.fromConfig(
        PretrainedConfig.of(
            Map.of(
                "model_type", "bert",
                "vocab_size", 200,
                "hidden_size", 32,
                "num_hidden_layers", 1,
                "num_attention_heads", 2,
                "intermediate_size", 64,
                "initializer_range", 0.1)),
        Task.MULTIPLE_CHOICE,
        ParityModels.cpu());
  }

  @Test
  void aModelLearnsWhichChoiceIsRightAndItsFolderChoosesAlike() throws Exception {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(folder)
            .useCpu(true)
            .maxSteps(60)
            .perDeviceTrainBatchSize(16)
            .learningRate(5e-3)
            .saveStrategy(IntervalStrategy.NO)
            .build();
    Path saved = folder.resolve("saved");
    try (PretrainedTokenizer tokenizer =
        PretrainedTokenizer.load(ParityModels.ownFolder().resolve("bert-classify"))) {
      double accuracy;
      try (PretrainedModel model = model();
          Trainer trainer = trainer(model, args, tokenizer)) {
        assertThat(trainer.evaluate().metric("accuracy")).isLessThan(0.6);
        trainer.train();
        accuracy = trainer.evaluate().metric("accuracy");
        assertThat(accuracy).isGreaterThan(0.95);
        trainer.saveModel(saved);
      }
      try (PretrainedModel model = AutoModels.multipleChoice(saved, ParityModels.cpu());
          Trainer trainer = trainer(model, args, tokenizer)) {
        assertThat(trainer.evaluate().metric("accuracy")).isEqualTo(accuracy);
      }
    }
  }

  private static Trainer trainer(
      PretrainedModel model, TrainingArguments args, PretrainedTokenizer tokenizer) {
    return Trainer.builder(model, args)
        .trainDataset(questions(400, 1, tokenizer))
        .evalDataset(questions(100, 2, tokenizer))
        .dataCollator(new DataCollatorForMultipleChoice(tokenizer))
        .computeMetrics(Classification.of(Classification.Average.MACRO))
        .processingClass(tokenizer)
        .build();
  }
}
