// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A transformer on random token ids: a classifier of two classes, or a causal language model whose
 * labels are its inputs.
 *
 * @param name the model's name in the table
 * @param vocabulary ids are drawn from 5 to below this
 * @param length tokens per sample
 * @param samples samples per epoch
 * @param batchSize samples per update
 * @param classifies whether there are two classes; otherwise every token is a label
 */
record TokenCase(
    String name, int vocabulary, int length, int samples, int batchSize, boolean classifies)
    implements BenchCase {

  /** 2 layers, 128 wide, 2 heads, 512 in between. */
  static final TokenCase BERT_TINY = new TokenCase("bert-tiny", 8000, 64, 640, 16, true);

  /** 12 layers, 768 wide, 12 heads: Hugging Face's default configuration of BERT. */
  static final TokenCase BERT_BASE = new TokenCase("bert-base", 30522, 128, 640, 8, true);

  /** 4 layers, 256 wide, 4 heads, 128 positions. */
  static final TokenCase GPT2_MINI = new TokenCase("gpt2-mini", 8000, 128, 320, 8, false);

  private static final int FIRST_ID = 5;
  private static final int CLASSES = 2;

  @Override
  public Dataset<Map<String, Object>> data() {
    Random random = new Random(1);
    long[] mask = new long[length];
    Arrays.fill(mask, 1);
    List<Map<String, Object>> rows = new ArrayList<>(samples);
    for (int i = 0; i < samples; i++) {
      long[] ids = random.longs(length, FIRST_ID, vocabulary).toArray();
      rows.add(
          classifies
              ? Map.of("input_ids", ids, "attention_mask", mask, "labels", random.nextInt(CLASSES))
              : Map.of("input_ids", ids, "labels", ids));
    }
    return Datasets.of(rows);
  }

  @Override
  public Trainer.Builder trainer(TrainingArguments args) {
    Task task = classifies ? Task.SEQUENCE_CLASSIFICATION : Task.CAUSAL_LM;
    return Trainer.builder(AutoModels.fromConfig(config(), task), args);
  }

  /** The keys that differ from Hugging Face's defaults, rates of dropout not among them. */
  private PretrainedConfig config() {
    return PretrainedConfig.of(
        switch (name) {
          case "bert-tiny" ->
              Map.of(
                  "model_type", "bert",
                  "vocab_size", vocabulary,
                  "hidden_size", 128,
                  "num_hidden_layers", 2,
                  "num_attention_heads", 2,
                  "intermediate_size", 512);
          case "bert-base" -> Map.of("model_type", "bert");
          case "gpt2-mini" ->
              Map.of(
                  "model_type",
                  "gpt2",
                  "vocab_size",
                  vocabulary,
                  "n_positions",
                  length,
                  "n_embd",
                  256,
                  "n_layer",
                  4,
                  "n_head",
                  4);
          default -> throw new IllegalStateException("no configuration for " + name);
        });
  }
}
