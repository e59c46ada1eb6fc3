// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.seq2seq;

import ai.djl.Device;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.ConfigReader;
import dev.trainer4j.transformers.architecture.ModelFamily;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The encoder-decoder families: what each reads from {@code config.json}, with transformers' defaults. */
public enum Seq2SeqFamily implements ModelFamily {
  /** {@code model_type: t5}. */
  T5("t5", "T5", "transformer") {
    @Override
    Seq2SeqSpec spec(ConfigReader config) {
      config.harmless(
          "classifier_dropout", "is_decoder", "n_positions", "output_past", "num_hidden_layers");
      int hidden = config.positive("d_model", 512);
      int layers = config.layers("num_layers", 6);
      int heads = config.positive("num_heads", 8);
      int intermediate = config.positive("d_ff", 2048);
      double dropout = config.rate("dropout_rate", 0.1);
      FeedForward forward = FeedForward.of(config);
      // transformers ties the head whatever the file says, and takes the key for whether to scale.
      boolean scaled =
          config.flag("scale_decoder_outputs", config.flag("tie_word_embeddings", true));
      return new Seq2SeqSpec(
          Seq2SeqNames.T5,
          config.positive("vocab_size", 32128),
          hidden,
          config.positive("d_kv", 64),
          new Seq2SeqSpec.Stack(layers, heads, intermediate),
          new Seq2SeqSpec.Stack(config.layers("num_decoder_layers", layers), heads, intermediate),
          0,
          config.notNegative("layer_norm_epsilon", 1e-6),
          forward.activation(),
          forward.gated(),
          false,
          1,
          scaled ? 1 / Math.sqrt(hidden) : 1,
          headTied(config, Seq2SeqNames.T5),
          distances(config),
          new Seq2SeqSpec.Dropout(dropout, dropout, dropout),
          config.integer("pad_token_id", 0),
          config.integer("decoder_start_token_id", -1),
          config.notNegative("initializer_factor", 1));
    }
  },

  /** {@code model_type: bart}. */
  BART("bart", "Bart", "model") {
    @Override
    Seq2SeqSpec spec(ConfigReader config) {
      config.harmless(
          "classif_dropout",
          "classifier_dropout",
          "is_decoder",
          "num_hidden_layers",
          "extra_pos_embeddings",
          "output_past",
          "num_beams",
          "length_penalty",
          "no_repeat_ngram_size",
          "early_stopping",
          "max_length",
          "min_length");
      // Switches of old configurations, and layers left out at random.
      config.only("add_bias_logits", false);
      config.only("add_final_layer_norm", false);
      config.only("normalize_before", false);
      config.only("normalize_embedding", true);
      config.only("static_position_embeddings", false);
      config.only("encoder_layerdrop", 0.0);
      config.only("decoder_layerdrop", 0.0);
      int hidden = config.positive("d_model", 1024);
      int heads = divisor(config, "encoder_attention_heads", hidden);
      int decoderHeads = divisor(config, "decoder_attention_heads", hidden);
      if (heads != decoderHeads) {
        throw config.wrong("decoder_attention_heads", "encoder_attention_heads, " + heads);
      }
      return new Seq2SeqSpec(
          Seq2SeqNames.BART,
          config.positive("vocab_size", 50265),
          hidden,
          hidden / heads,
          new Seq2SeqSpec.Stack(
              config.layers("encoder_layers", 12), heads, config.positive("encoder_ffn_dim", 4096)),
          new Seq2SeqSpec.Stack(
              config.layers("decoder_layers", 12), heads, config.positive("decoder_ffn_dim", 4096)),
          config.positive("max_position_embeddings", 1024),
          1e-5,
          activation(config, "activation_function", config.text("activation_function", "gelu")),
          false,
          true,
          config.flag("scale_embedding", false) ? Math.sqrt(hidden) : 1,
          1,
          config.flag("tie_word_embeddings", true) && headTied(config, Seq2SeqNames.BART),
          new Seq2SeqSpec.Distances(0, 0),
          new Seq2SeqSpec.Dropout(
              config.rate("dropout", 0.1),
              config.rate("attention_dropout", 0),
              config.rate("activation_dropout", 0)),
          config.integer("pad_token_id", 1),
          config.integer("decoder_start_token_id", 2),
          config.notNegative("init_std", 0.02));
    }
  };

  /** What T5 does between its two dense layers: {@code relu}, or {@code gated-gelu} and the like. */
  private record FeedForward(String activation, boolean gated) {

    static FeedForward of(ConfigReader config) {
      String key = "feed_forward_proj";
      String text = config.text(key, "relu");
      boolean gated = text.startsWith("gated-");
      String name = gated ? text.substring("gated-".length()) : text;
      // As in transformers: this one spelling means the approximation by tanh.
      String usual = text.equals("gated-gelu") ? "gelu_new" : name;
      String chosen = config.text("dense_act_fn", usual);
      String source = config.has("dense_act_fn") ? "dense_act_fn" : key;
      return new FeedForward(
          Seq2SeqFamily.activation(config, source, chosen), config.flag("is_gated_act", gated));
    }
  }

  private final String modelType;
  private final String className;
  private final String basePrefix;

  Seq2SeqFamily(String modelType, String className, String basePrefix) {
    this.modelType = modelType;
    this.className = className;
    this.basePrefix = basePrefix;
  }

  /** Reads the configuration. */
  abstract Seq2SeqSpec spec(ConfigReader config);

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
    return this == T5 ? List.of("T5Block") : List.of("BartEncoderLayer", "BartDecoderLayer");
  }

  @Override
  public String basePrefix() {
    return basePrefix;
  }

  @Override
  public Set<Task> tasks() {
    return this == T5
        ? EnumSet.of(Task.SEQ2SEQ_LM)
        : EnumSet.of(Task.SEQ2SEQ_LM, Task.SEQUENCE_CLASSIFICATION, Task.QUESTION_ANSWERING);
  }

  @Override
  public Map<String, Integer> specialTokenDefaults() {
    return this == T5
        ? Map.of("pad_token_id", 0, "eos_token_id", 1)
        : Map.of(
            "bos_token_id",
            0,
            "pad_token_id",
            1,
            "eos_token_id",
            2,
            "decoder_start_token_id",
            2,
            "forced_eos_token_id",
            2);
  }

  @Override
  public Architecture create(ConfigReader config, Task task, Device device) {
    Seq2SeqSpec spec = spec(config);
    if (spec.padTokenId() < 0 || spec.padTokenId() >= spec.vocabulary()) {
      throw config.wrong("pad_token_id", "a token of the vocabulary of " + spec.vocabulary());
    }
    if (spec.decoderStartTokenId() < -1 || spec.decoderStartTokenId() >= spec.vocabulary()) {
      throw config.wrong(
          "decoder_start_token_id", "a token of the vocabulary of " + spec.vocabulary());
    }
    return new Seq2SeqArchitecture(spec, head(config, task, spec), device);
  }

  private static Seq2SeqHead head(ConfigReader config, Task task, Seq2SeqSpec spec) {
    if (task == Task.SEQ2SEQ_LM) {
      return Seq2SeqHead.languageModel();
    }
    if (task == Task.QUESTION_ANSWERING) {
      return new Seq2SeqHead(task, 0, 0, -1, "");
    }
    int endToken = config.integer("eos_token_id", 2);
    if (endToken < 0 || endToken >= spec.vocabulary()) {
      throw config.wrong("eos_token_id", "a token of the vocabulary of " + spec.vocabulary());
    }
    return new Seq2SeqHead(
        task,
        config.config().numLabels(),
        config.rate("classifier_dropout", 0),
        endToken,
        config.problemType());
  }

  /** As in transformers the files decide: two different tensors stay apart, whatever the keys say. */
  private static boolean headTied(ConfigReader config, Seq2SeqNames names) {
    List<String> tokens = new ArrayList<>(List.of(names.tokens()));
    tokens.addAll(names.copiesOfTokens());
    return !config.filesTellApart(Seq2SeqNames.HEAD, tokens);
  }

  private static Seq2SeqSpec.Distances distances(ConfigReader config) {
    int buckets = config.positive("relative_attention_num_buckets", 32);
    int max = config.positive("relative_attention_max_distance", 128);
    if (buckets < 4) {
      throw config.wrong("relative_attention_num_buckets", "at least 4");
    }
    if (max <= buckets / 2) {
      throw config.wrong("relative_attention_max_distance", "more than half of the buckets");
    }
    return new Seq2SeqSpec.Distances(buckets, max);
  }

  private static int divisor(ConfigReader config, String key, int of) {
    int value = config.positive(key, 16);
    if (of % value != 0) {
      throw config.wrong(key, "a divisor of d_model, " + of);
    }
    return value;
  }

  private static String activation(ConfigReader config, String key, String name) {
    return switch (name) {
      case "gelu" -> "gelu";
      case "gelu_new", "gelu_pytorch_tanh" -> "gelu_tanh";
      case "relu" -> "relu";
      case "silu", "swish" -> "silu";
      default ->
          throw config.wrong(
              key, "an activation among relu, gelu, gelu_new, gelu_pytorch_tanh, silu, swish");
    };
  }
}
