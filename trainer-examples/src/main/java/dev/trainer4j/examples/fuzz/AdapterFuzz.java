// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.fuzz;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.peft.Ia3Config;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.peft.PeftConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Folders of adapters of several kinds: the configuration or the tensors damaged, for a model that is whole. */
final class AdapterFuzz implements FuzzTarget {

  private static final String CONFIG = "adapter_config.json";
  private static final String TENSORS = "adapter_model.safetensors";

  private static final PretrainedConfig MODEL =
      PretrainedConfig.of(
          Map.of(
              "model_type", "llama",
              "vocab_size", 30,
              "hidden_size", 8,
              "num_hidden_layers", 2,
              "num_attention_heads", 2,
              "intermediate_size", 16));

  private static final List<PeftConfig> KINDS =
      List.of(
          LoraConfig.builder()
              .r(2)
              .targetModules("all-linear")
              .rankPattern(Map.of("q_proj", 3))
              .alphaPattern(Map.of("layers.1.mlp.*", 4.0))
              .build(),
          LoraConfig.builder()
              .r(2)
              .useDora(true)
              .targetModules("q_proj", "v_proj")
              .layersToTransform(List.of(1))
              .modulesToSave("norm")
              .build(),
          LoraConfig.builder().r(2).targetModules("embed_tokens", "lm_head").build(),
          Ia3Config.builder()
              .targetModules("k_proj", "down_proj")
              .feedforwardModules("down_proj")
              .build());

  private final List<JsonNode> configs = new ArrayList<>();
  private final List<byte[]> tensors = new ArrayList<>();

  /** Adding an adapter changes nothing of it, so one serves for all inputs. */
  private @Nullable PretrainedModel base;

  @Override
  public void prepare(Path folder) throws IOException {
    base = model();
    for (PeftConfig kind : KINDS) {
      try (PeftModel model = PeftModel.of(base, kind)) {
        model.save(folder);
      }
      configs.add(JsonDamage.parse(Files.readString(folder.resolve(CONFIG))));
      tensors.add(Files.readAllBytes(folder.resolve(TENSORS)));
    }
  }

  private static PretrainedModel model() {
    return AutoModels.fromConfig(
        MODEL, Task.CAUSAL_LM, LoadOptions.defaults().withDevice(Device.cpu()));
  }

  @Override
  public void run(Random random, Path folder) throws IOException {
    int which = random.nextInt(KINDS.size());
    boolean ofConfig = random.nextInt(3) > 0;
    byte[] config =
        ofConfig
            ? JsonDamage.damage(configs.get(which), random)
            : configs.get(which).toString().getBytes(StandardCharsets.UTF_8);
    Files.write(folder.resolve(CONFIG), config);
    Files.write(
        folder.resolve(TENSORS),
        ofConfig ? tensors.get(which) : JsonDamage.damage(tensors.get(which), random));
    try (PeftModel loaded = PeftModel.load(Objects.requireNonNull(base), folder)) {
      loaded.activeAdapters();
    }
  }
}
