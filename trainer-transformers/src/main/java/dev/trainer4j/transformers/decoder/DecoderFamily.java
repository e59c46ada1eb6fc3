// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import ai.djl.Device;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.ConfigReader;
import dev.trainer4j.transformers.architecture.ModelFamily;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The decoder-only families: what each reads from {@code config.json}, with transformers' defaults. */
public enum DecoderFamily implements ModelFamily {
  /** {@code model_type: gpt2}. */
  GPT2("gpt2", "GPT2") {
    @Override
    DecoderSpec spec(ConfigReader config) {
      int hidden = config.positive("n_embd", 768);
      int layers = config.layers("n_layer", 12);
      int heads = divisor(config, "n_head", 12, hidden);
      int headDim = hidden / heads;
      config.only("add_cross_attention", false);
      config.harmless(
          "reorder_and_upcast_attn",
          "summary_activation",
          "summary_first_dropout",
          "summary_proj_to_labels",
          "summary_type",
          "summary_use_proj",
          "n_ctx");
      List<Double> scales = new ArrayList<>();
      double scale = config.flag("scale_attn_weights", true) ? Math.pow(headDim, -0.5) : 1;
      boolean byLayer = config.flag("scale_attn_by_inverse_layer_idx", false);
      for (int i = 0; i < layers; i++) {
        scales.add(byLayer ? scale / (i + 1) : scale);
      }
      return new DecoderSpec(
          DecoderNames.GPT2,
          config.positive("vocab_size", 50257),
          hidden,
          layers,
          heads,
          heads,
          headDim,
          config.positive("n_inner", 4 * hidden),
          config.positive("n_positions", 1024),
          config.notNegative("layer_norm_epsilon", 1e-5),
          0,
          activation(config, "activation_function", "gelu_new"),
          new DecoderSpec.Biases(true, true, true),
          false,
          Collections.nCopies(layers, 0),
          scales,
          config.flag("tie_word_embeddings", true),
          1,
          null,
          new DecoderSpec.Dropout(
              config.rate("embd_pdrop", 0.1),
              config.rate("attn_pdrop", 0.1),
              config.rate("resid_pdrop", 0.1)),
          config.notNegative("initializer_range", 0.02));
    }
  },
  /** {@code model_type: llama}. */
  LLAMA("llama", "Llama") {
    @Override
    DecoderSpec spec(ConfigReader config) {
      config.harmless("pretraining_tp");
      boolean bias = config.flag("attention_bias", false);
      return rotary(
          config,
          new Defaults(32000, 4096, 11008, 32, 32, null, null, 2048, false),
          new DecoderSpec.Biases(bias, bias, config.flag("mlp_bias", false)),
          Layers.FULL);
    }
  },
  /** {@code model_type: mistral}. */
  MISTRAL("mistral", "Mistral") {
    @Override
    DecoderSpec spec(ConfigReader config) {
      return rotary(
          config,
          new Defaults(32000, 4096, 14336, 32, 32, 8, null, 131072, false),
          new DecoderSpec.Biases(false, false, false),
          Layers.WINDOW);
    }
  },
  /** {@code model_type: qwen2}. */
  QWEN2("qwen2", "Qwen2") {
    @Override
    DecoderSpec spec(ConfigReader config) {
      return rotary(
          config,
          new Defaults(151936, 4096, 22016, 32, 32, 32, null, 32768, false),
          new DecoderSpec.Biases(true, false, false),
          Layers.TYPES);
    }
  },
  /** {@code model_type: qwen3}. */
  QWEN3("qwen3", "Qwen3") {
    @Override
    DecoderSpec spec(ConfigReader config) {
      boolean bias = config.flag("attention_bias", false);
      return rotary(
          config,
          new Defaults(151936, 4096, 22016, 32, 32, 32, 128, 32768, false),
          new DecoderSpec.Biases(bias, bias, false),
          Layers.TYPES);
    }
  },
  /** {@code model_type: gemma}. */
  GEMMA("gemma", "Gemma") {
    @Override
    DecoderSpec spec(ConfigReader config) {
      config.only("use_bidirectional_attention", false);
      boolean bias = config.flag("attention_bias", false);
      return rotary(
          config,
          new Defaults(256000, 3072, 24576, 28, 16, 16, 256, 8192, true),
          new DecoderSpec.Biases(bias, bias, false),
          Layers.FULL);
    }
  };

  /** How a family says which layers see only a window of positions. */
  private enum Layers {
    FULL,
    WINDOW,
    TYPES
  }

  /** Those of published models have up to 256; the frequencies of positions are made for each. */
  private static final int MAX_HEAD = 1 << 14;

  private static final List<String> LAYER_TYPES = List.of("full_attention", "sliding_attention");

  private record Defaults(
      int vocabulary,
      int hidden,
      int intermediate,
      int layers,
      int heads,
      @Nullable Integer keyValueHeads,
      @Nullable Integer headDim,
      int positions,
      boolean tied) {}

  private final String modelType;
  private final String className;

  DecoderFamily(String modelType, String className) {
    this.modelType = modelType;
    this.className = className;
  }

  /** Reads the configuration. */
  abstract DecoderSpec spec(ConfigReader config);

  @Override
  public String modelType() {
    return modelType;
  }

  @Override
  public String className() {
    return className;
  }

  @Override
  public List<String> layerClasses() {
    return List.of(className() + (this == GPT2 ? "Block" : "DecoderLayer"));
  }

  @Override
  public String basePrefix() {
    return this == GPT2 ? DecoderNames.GPT2.prefix() : DecoderNames.LLAMA.prefix();
  }

  @Override
  public Set<Task> tasks() {
    return EnumSet.of(Task.CAUSAL_LM, Task.SEQUENCE_CLASSIFICATION);
  }

  @Override
  public String suffix(Task task) {
    return this == GPT2 && task == Task.CAUSAL_LM ? "LMHeadModel" : task.suffix();
  }

  @Override
  public Map<String, Integer> specialTokenDefaults() {
    return switch (this) {
      case GPT2 -> Map.of("bos_token_id", 50256, "eos_token_id", 50256);
      case LLAMA, MISTRAL -> Map.of("bos_token_id", 1, "eos_token_id", 2);
      case QWEN2, QWEN3 -> Map.of();
      case GEMMA -> Map.of("bos_token_id", 2, "eos_token_id", 1, "pad_token_id", 0);
    };
  }

  @Override
  public Architecture create(ConfigReader config, Task task, Device device) {
    return new DecoderArchitecture(spec(config), config, task, device);
  }

  /** What all families with rotary embeddings share. */
  DecoderSpec rotary(
      ConfigReader config, Defaults defaults, DecoderSpec.Biases biases, Layers kind) {
    int hidden = config.positive("hidden_size", defaults.hidden());
    int layers = config.layers("num_hidden_layers", defaults.layers());
    int heads = config.positive("num_attention_heads", defaults.heads());
    Integer ownHeadDim = defaults.headDim();
    int headDim =
        config.positive("head_dim", ownHeadDim == null ? hidden / heads : ownHeadDim, MAX_HEAD);
    Integer ownKeyValueHeads = defaults.keyValueHeads();
    int keyValueHeads =
        divisor(
            config,
            "num_key_value_heads",
            ownKeyValueHeads == null ? heads : ownKeyValueHeads,
            heads);
    int positions = config.positive("max_position_embeddings", defaults.positions());
    config.only("partial_rotary_factor", 1);
    boolean gemma = this == GEMMA;
    return new DecoderSpec(
        DecoderNames.LLAMA,
        config.positive("vocab_size", defaults.vocabulary()),
        hidden,
        layers,
        heads,
        keyValueHeads,
        headDim,
        config.positive("intermediate_size", defaults.intermediate()),
        positions,
        config.notNegative("rms_norm_eps", 1e-6),
        gemma ? 1 : 0,
        gemma ? gemmaActivation(config) : activation(config, "hidden_act", "silu"),
        biases,
        this == QWEN3,
        windows(config, kind, layers),
        Collections.nCopies(layers, Math.pow(headDim, -0.5)),
        config.flag("tie_word_embeddings", defaults.tied()),
        gemma ? Math.sqrt(hidden) : 1,
        RotaryEmbedding.of(config, headDim, positions),
        new DecoderSpec.Dropout(0, config.rate("attention_dropout", 0), 0),
        config.notNegative("initializer_range", 0.02));
  }

  private static List<Integer> windows(ConfigReader config, Layers kind, int layers) {
    if (kind == Layers.WINDOW) {
      boolean none = config.node("sliding_window").isNull();
      return Collections.nCopies(layers, none ? 0 : config.positive("sliding_window", 4096));
    }
    List<Integer> windows = new ArrayList<>();
    if (kind == Layers.TYPES) {
      boolean used =
          config.flag("use_sliding_window", false) && !config.node("sliding_window").isNull();
      int window = used ? config.positive("sliding_window", 4096) : 0;
      int from = config.integer("max_window_layers", 28);
      var types = config.node("layer_types");
      if (config.has("layer_types") && types.size() != layers) {
        throw config.wrong("layer_types", "a list of num_hidden_layers = " + layers + " texts");
      }
      for (int i = 0; i < layers; i++) {
        String type = types.path(i).asText();
        if (config.has("layer_types") && !LAYER_TYPES.contains(type)) {
          throw config.wrong("layer_types", "only layers of " + LAYER_TYPES);
        }
        boolean sliding = config.has("layer_types") ? type.equals("sliding_attention") : i >= from;
        windows.add(sliding ? window : 0);
      }
    }
    return windows.isEmpty() ? Collections.nCopies(layers, 0) : windows;
  }

  /** Gemma's files say "gelu" and mean the approximation by tanh. */
  private static int gemmaActivation(ConfigReader config) {
    String key = config.has("hidden_activation") ? "hidden_activation" : "hidden_act";
    config.harmless("hidden_act");
    return config.text(key, "gelu").equals("gelu") ? 2 : activation(config, key, "gelu");
  }

  /** Returns the kernel's number of an activation. */
  private static int activation(ConfigReader config, String key, String fallback) {
    return switch (config.text(key, fallback)) {
      case "silu", "swish" -> 0;
      case "gelu" -> 1;
      case "gelu_new", "gelu_pytorch_tanh", "gelu_fast" -> 2;
      case "relu" -> 3;
      default ->
          throw config.wrong(
              key, "one of silu, swish, gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, relu");
    };
  }

  private static int divisor(ConfigReader config, String key, int fallback, int of) {
    int value = config.positive(key, fallback);
    if (of % value != 0) {
      throw config.wrong(key, "a divisor of " + of);
    }
    return value;
  }
}
