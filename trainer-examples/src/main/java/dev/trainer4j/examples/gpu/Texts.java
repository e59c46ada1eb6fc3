// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import ai.djl.Device;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** Small language models of each family, made on the CPU, and texts of random tokens. */
final class Texts {

  static final int TOKENS = 96;

  private Texts() {}

  /** The families that steps go through, with the task of each. */
  static Map<String, Task> families() {
    Map<String, Task> families = new LinkedHashMap<>();
    families.put("bert", Task.MASKED_LM);
    families.put("roberta", Task.MASKED_LM);
    families.put("gpt2", Task.CAUSAL_LM);
    families.put("llama", Task.CAUSAL_LM);
    families.put("t5", Task.SEQ2SEQ_LM);
    families.put("bart", Task.SEQ2SEQ_LM);
    return families;
  }

  private static Task task(String family) {
    return Objects.requireNonNull(families().get(family), family);
  }

  private static PretrainedConfig config(String family, double dropout) {
    Map<String, Object> values = new HashMap<>();
    values.put("model_type", family);
    values.put("vocab_size", TOKENS);
    values.put("pad_token_id", family.equals("roberta") || family.equals("bart") ? 1 : 0);
    values.put("bos_token_id", 0);
    values.put("eos_token_id", family.equals("t5") ? 1 : 2);
    switch (family) {
      case "gpt2" -> {
        values.remove("pad_token_id");
        values.putAll(Map.of("n_embd", 32, "n_layer", 2, "n_head", 4, "n_positions", 64));
        values.putAll(Map.of("resid_pdrop", dropout, "embd_pdrop", dropout, "attn_pdrop", dropout));
      }
      case "t5" -> {
        values.putAll(Map.of("d_model", 32, "d_kv", 8, "d_ff", 64, "num_layers", 2));
        values.putAll(Map.of("num_heads", 4, "dropout_rate", dropout, "decoder_start_token_id", 0));
      }
      case "bart" -> {
        values.putAll(Map.of("d_model", 32, "encoder_layers", 2, "decoder_layers", 2));
        values.putAll(Map.of("encoder_attention_heads", 4, "decoder_attention_heads", 4));
        values.putAll(Map.of("encoder_ffn_dim", 64, "decoder_ffn_dim", 64));
        values.putAll(Map.of("dropout", dropout, "attention_dropout", dropout));
        values.put("max_position_embeddings", 66);
        values.putAll(Map.of("activation_dropout", 0.0, "decoder_start_token_id", 2));
      }
      default -> {
        values.putAll(Map.of("hidden_size", 32, "num_hidden_layers", 2));
        values.putAll(Map.of("num_attention_heads", 4, "intermediate_size", 64));
        values.put("max_position_embeddings", 66);
        if (family.equals("llama")) {
          values.put("attention_dropout", dropout);
        } else {
          values.put("hidden_dropout_prob", dropout);
          values.put("attention_probs_dropout_prob", dropout);
        }
      }
    }
    return PretrainedConfig.of(values);
  }

  /** A BERT of the usual size, or a small one where that would take hours. */
  static PretrainedModel base(Lab lab) {
    Map<String, Object> values = new HashMap<>();
    values.put("model_type", "bert");
    values.put("vocab_size", lab.isGpu() ? 30_522 : TOKENS);
    values.put("hidden_size", lab.isGpu() ? 768 : 32);
    values.put("num_hidden_layers", lab.isGpu() ? 12 : 2);
    values.put("num_attention_heads", lab.isGpu() ? 12 : 4);
    values.put("intermediate_size", lab.isGpu() ? 3072 : 64);
    values.put("max_position_embeddings", 512);
    return AutoModels.fromConfig(
        PretrainedConfig.of(values), Task.SEQUENCE_CLASSIFICATION, onto(lab.device()));
  }

  static LoadOptions onto(Device device) {
    return LoadOptions.defaults().withDevice(device);
  }

  /** Writes a model with weights that were drawn on the CPU: a GPU draws others from the same seed. */
  static Path save(Lab lab, String family, double dropout) throws IOException {
    Path folder =
        Files.createDirectories(lab.folder())
            .resolve(family + "-" + (dropout > 0 ? "drop" : "whole"));
    try (PretrainedModel model =
        AutoModels.fromConfig(config(family, dropout), task(family), onto(Device.cpu()))) {
      model.save(folder);
    }
    return folder;
  }

  static PretrainedModel load(Path folder, String family, Device device) throws IOException {
    return AutoModels.load(folder, task(family), onto(device));
  }

  /** Random texts that are padded on the right; of every eighth nothing can be seen. */
  static Dataset<Map<String, ?>> texts(int count, int length, int tokens, boolean classes) {
    Random random = new Random(11);
    List<Map<String, ?>> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int seen = i % 8 == 7 ? 0 : length - i % 3;
      long[] ids = new long[length];
      long[] mask = new long[length];
      long[] labels = new long[length];
      for (int j = 0; j < length; j++) {
        ids[j] = j < seen ? 3 + random.nextInt(tokens - 3) : 1;
        mask[j] = j < seen ? 1 : 0;
        labels[j] = j < seen ? ids[j] : -100;
      }
      Map<String, Object> text = new LinkedHashMap<>();
      text.put("input_ids", ids);
      text.put("attention_mask", mask);
      text.put("labels", classes ? (Object) (i % 2) : labels);
      texts.add(text);
    }
    return Datasets.of(texts);
  }
}
