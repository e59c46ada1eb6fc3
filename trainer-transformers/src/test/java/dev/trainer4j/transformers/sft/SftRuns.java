// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.peft.LoraConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.io.TempDir;

/** Small fine-tuning on the CPU: a model, texts and conversations, and arguments. */
abstract class SftRuns {

  static final Path FIGURES = ParityModels.ownFolder().resolveSibling("sft");

  @TempDir Path outputDir;

  static PretrainedModel model() throws IOException {
    return AutoModels.causalLm(FIGURES.resolve("model"), ParityModels.cpu());
  }

  static Dataset<Map<String, Object>> texts() {
    return Datasets.jsonLines(FIGURES.resolve("text.jsonl"));
  }

  static Dataset<Map<String, Object>> conversations() {
    return Datasets.jsonLines(FIGURES.resolve("messages.jsonl"));
  }

  static LoraConfig lora() {
    return LoraConfig.builder().r(4).targetModules("all-linear").loraDropout(0.1).build();
  }

  SftArguments.Builder arguments(UnaryOperator<TrainingArguments.Builder> settings) {
    return SftArguments.builder()
        .training(
            t ->
                settings.apply(
                    t.outputDir(outputDir)
                        .useCpu(true)
                        .perDeviceTrainBatchSize(4)
                        .learningRate(1e-2)
                        .loggingSteps(1)
                        .saveStrategy(IntervalStrategy.NO)));
  }

  static List<Map<String, Double>> lines(SftTrainer trainer, String key) {
    return trainer.state().logHistory().stream()
        .map(entry -> entry.values())
        .filter(values -> values.containsKey(key))
        .toList();
  }
}
