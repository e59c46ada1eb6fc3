// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import ai.djl.Device;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.collate.DataCollatorForSeq2Seq;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A causal language model that is fine-tuned on conversations, padded: the model and the rows that {@code
 * reference_sft_bench.py dump FOLDER} has written, from the folder that the environment's {@code DATA} names.
 *
 * @param lora whether LoRA on all linear layers is trained; otherwise the whole model
 */
record ConversationCase(boolean lora) implements BenchCase {

  private static final int BATCH = 8;

  @Override
  public int batchSize() {
    return BATCH;
  }

  @Override
  public Dataset<Map<String, Object>> data() {
    return Datasets.jsonLines(folder().resolve("rows.jsonl"));
  }

  @Override
  public double tokensPerSample() {
    Dataset<Map<String, Object>> rows = data();
    long tokens = 0;
    for (long i = 0; i < rows.size(); i++) {
      tokens += rows.get(i).get("input_ids") instanceof List<?> ids ? ids.size() : 0;
    }
    return (double) tokens / rows.size();
  }

  private static Path folder() {
    String folder = System.getenv("DATA");
    if (folder == null) {
      throw new IllegalArgumentException(
          "DATA is not set; set it to the folder that reference_sft_bench.py dump has written");
    }
    return Path.of(folder);
  }

  @Override
  public Trainer.Builder trainer(TrainingArguments args) {
    Path folder = folder().resolve("model");
    PretrainedModel base;
    try {
      base = AutoModels.causalLm(folder, LoadOptions.defaults().withDevice(Device.cpu()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Trainer.Builder builder =
        lora
            ? Trainer.builder(
                PeftModel.of(
                    base,
                    LoraConfig.builder().r(16).loraAlpha(32).targetModules("all-linear").build()),
                args)
            : Trainer.builder(base, args);
    return builder.dataCollator(new DataCollatorForSeq2Seq(PretrainedTokenizer.load(folder)));
  }
}
