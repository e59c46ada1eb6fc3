// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.fuzz;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.generation.GenerationConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The configuration of small models of several families, damaged beside weights that are not. */
final class ConfigurationFuzz implements FuzzTarget {

  private static final List<Map<String, Object>> MODELS =
      List.of(
          Map.of(
              "model_type", "bert",
              "vocab_size", 30,
              "hidden_size", 8,
              "num_hidden_layers", 1,
              "num_attention_heads", 2,
              "intermediate_size", 16,
              "max_position_embeddings", 16,
              "num_labels", 3),
          Map.of(
              "model_type", "llama",
              "vocab_size", 30,
              "hidden_size", 8,
              "num_hidden_layers", 1,
              "num_attention_heads", 2,
              "num_key_value_heads", 1,
              "intermediate_size", 16,
              "rope_theta", 10000.0,
              "rope_scaling", Map.of("rope_type", "linear", "factor", 2.0),
              "rms_norm_eps", 1e-6),
          Map.of(
              "model_type", "t5",
              "vocab_size", 30,
              "d_model", 8,
              "d_kv", 4,
              "d_ff", 16,
              "num_layers", 1,
              "num_heads", 2,
              "layer_norm_epsilon", 1e-6));

  private static final List<Task> TASKS =
      List.of(Task.SEQUENCE_CLASSIFICATION, Task.CAUSAL_LM, Task.SEQ2SEQ_LM);

  private static final LoadOptions CPU = LoadOptions.defaults().withDevice(Device.cpu());

  private final List<JsonNode> configs = new ArrayList<>();

  @Override
  public void prepare(Path folder) throws IOException {
    for (int i = 0; i < MODELS.size(); i++) {
      Path model = Files.createDirectories(folder.resolve("model-" + i));
      PretrainedConfig config = PretrainedConfig.of(MODELS.get(i));
      try (PretrainedModel made = AutoModels.fromConfig(config, TASKS.get(i), CPU)) {
        made.save(model);
      }
      configs.add(JsonDamage.parse(Files.readString(model.resolve("config.json"))));
    }
  }

  @Override
  public void run(Random random, Path folder) throws IOException {
    int which = random.nextInt(MODELS.size());
    Path model = folder.resolve("model-" + which);
    Files.write(model.resolve("config.json"), JsonDamage.damage(configs.get(which), random));
    if (random.nextInt(4) == 0) {
      JsonNode generation =
          JsonDamage.parse("{\"max_new_tokens\":5,\"eos_token_id\":[1,2],\"temperature\":0.5}");
      byte[] bytes = JsonDamage.damage(generation, random);
      Files.write(model.resolve("generation_config.json"), bytes);
      GenerationConfig.parse(
          model.resolve("generation_config.json").toString(),
          new String(bytes, StandardCharsets.UTF_8));
    }
    try (PretrainedModel loaded = AutoModels.load(model, TASKS.get(which), CPU)) {
      loaded.config().id2label();
    }
  }
}
