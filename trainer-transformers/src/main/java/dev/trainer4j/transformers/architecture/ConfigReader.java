// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedException;
import dev.trainer4j.transformers.ProblemType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the keys of a configuration with checks, and remembers which were read: what nobody read and
 * nobody called harmless is told at the end.
 */
public final class ConfigReader {

  private static final Logger LOGGER = LoggerFactory.getLogger(PretrainedConfig.class);

  /** Keys that every family may have and that change no forward pass. */
  private static final Set<String> HARMLESS =
      Set.of(
          "_name_or_path",
          "architectures",
          "auto_map",
          "bos_token_id",
          "cls_token_id",
          "decoder_start_token_id",
          "dtype",
          "eos_token_id",
          "finetuning_task",
          "forced_bos_token_id",
          "forced_eos_token_id",
          "gradient_checkpointing",
          "id2label",
          "initializer_range",
          "is_encoder_decoder",
          "label2id",
          "language",
          "mask_token_id",
          "model_type",
          "name",
          "num_labels",
          "output_attentions",
          "output_hidden_states",
          "pad_token_id",
          "prefix",
          "return_dict",
          "sep_token_id",
          "task_specific_params",
          "tf_legacy_loss",
          "tie_encoder_decoder",
          "tokenizer_class",
          "torch_dtype",
          "torchscript",
          "transformers_version",
          "use_bfloat16",
          "use_cache",
          "problem_type",
          "attn_implementation",
          "_attn_implementation",
          "_attn_implementation_autoset",
          "layer_types",
          "unk_token_id",
          "directionality",
          "pooler_fc_size",
          "pooler_num_attention_heads",
          "pooler_num_fc_layers",
          "pooler_size_per_head",
          "pooler_type",
          "gradient_checkpointing_kwargs");

  /** The largest size that a configuration may have, such as a vocabulary. */
  public static final int MAX_SIZE = 1 << 24;

  private static final int MAX_LAYERS = 1 << 14;

  private static final String MATCH = "is config.json that of these weights?";

  private final PretrainedConfig config;
  private final @Nullable ModelTensors tensors;
  private final Set<String> read = new HashSet<>();

  /** Reads a configuration beside the weights it describes; without any for a model from scratch. */
  public ConfigReader(PretrainedConfig config, @Nullable ModelTensors tensors) {
    this.config = config;
    this.tensors = tensors;
  }

  /** Returns the configuration that is read. */
  public PretrainedConfig config() {
    return config;
  }

  /** Returns whether the key has a value other than null. */
  public boolean has(String key) {
    read.add(key);
    return config.has(key);
  }

  /** Returns the value as it is; missing and null are the same. */
  public JsonNode node(String key) {
    read.add(key);
    return config.node(key);
  }

  /**
   * Returns a size of at least 1 and at most 2^24: no vocabulary, layer or context of a published model comes
   * near.
   */
  public int positive(String key, int fallback) {
    return positive(key, fallback, MAX_SIZE);
  }

  /** Returns a size of at least 1 and at most {@code most}. */
  public int positive(String key, int fallback, int most) {
    int value = integer(key, fallback);
    if (value < 1 || value > most) {
      throw wrong(key, "a whole number from 1 to " + most);
    }
    return value;
  }

  /** Returns a number of layers: at least 1, and no more than the weights have tensors. */
  public int layers(String key, int fallback) {
    int value = integer(key, fallback);
    if (value < 1 || value > MAX_LAYERS) {
      throw wrong(key, "a whole number from 1 to " + MAX_LAYERS);
    }
    if (tensors != null && value > tensors.names().size()) {
      throw wrong(
          key, "no more than the weights have tensors, " + tensors.names().size() + ": " + MATCH);
    }
    return value;
  }

  /** Returns a finite number of at least 0, such as what a norm adds below its root. */
  public double notNegative(String key, double fallback) {
    double value = number(key, fallback);
    if (!(value >= 0)) {
      throw wrong(key, "a number of at least 0");
    }
    return value;
  }

  /** Returns a whole number. */
  public int integer(String key, int fallback) {
    if (!has(key)) {
      return fallback;
    }
    JsonNode value = node(key);
    if (!value.isInt()) {
      throw wrong(key, "a whole number");
    }
    return value.intValue();
  }

  /** Returns a finite number. */
  public double number(String key, double fallback) {
    if (!has(key)) {
      return fallback;
    }
    JsonNode value = node(key);
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw wrong(key, "a finite number");
    }
    return value.doubleValue();
  }

  /** Returns a rate of dropout, in [0, 1). */
  public double rate(String key, double fallback) {
    double value = number(key, fallback);
    if (!(value >= 0 && value < 1)) {
      throw wrong(key, "a rate in [0, 1)");
    }
    return value;
  }

  /** Returns true or false. */
  public boolean flag(String key, boolean fallback) {
    if (!has(key)) {
      return fallback;
    }
    JsonNode value = node(key);
    if (!value.isBoolean()) {
      throw wrong(key, "true or false");
    }
    return value.booleanValue();
  }

  /** Returns a text. */
  public String text(String key, String fallback) {
    if (!has(key)) {
      return fallback;
    }
    JsonNode value = node(key);
    if (!value.isTextual()) {
      throw wrong(key, "a text");
    }
    return value.textValue();
  }

  /** Returns a text that is one of {@code allowed}, the first of which is the default. */
  public String oneOf(String key, String... allowed) {
    String value = text(key, allowed[0]);
    if (!Arrays.asList(allowed).contains(value)) {
      throw wrong(key, "one of " + List.of(allowed) + ": other values are not supported");
    }
    return value;
  }

  /** Refuses every value but null and {@code only}: others would change the mathematics. */
  public void only(String key, Object only) {
    if (has(key)) {
      JsonNode value = node(key);
      Object plain =
          value.isTextual()
              ? value.textValue()
              : value.isBoolean()
                  ? value.booleanValue()
                  : value.isNumber() ? (Object) value.doubleValue() : value.toString();
      if (!Objects.equals(plain, only instanceof Number n ? (Object) n.doubleValue() : only)) {
        throw wrong(key, only + ": other values change the mathematics and are not supported");
      }
    }
  }

  /**
   * Returns the kind of a classifier of texts; empty to infer it from the labels.
   *
   * @throws PretrainedException if {@code problem_type} is none of transformers'
   */
  public String problemType() {
    read.add("problem_type");
    return config.problemType().map(ProblemType::key).orElse("");
  }

  /** Says that keys change nothing here. */
  public void harmless(String... keys) {
    read.addAll(List.of(keys));
  }

  /**
   * Returns whether the weights hold {@code name} and one of {@code others} with another content: then
   * they are not one tensor under two names.
   */
  public boolean filesTellApart(String name, List<String> others) {
    if (tensors == null || !tensors.names().contains(name)) {
      return false;
    }
    try {
      for (String other : others) {
        if (tensors.names().contains(other)) {
          return !tensors.info(name).shape().equals(tensors.info(other).shape())
              || !tensors.bytes(name).equals(tensors.bytes(other));
        }
      }
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns what to throw where a key has a value that the family does not take.
   *
   * @param expected what the key may be, for the message
   */
  public PretrainedException wrong(String key, String expected) {
    return new PretrainedException(
        config.source() + ": " + key + " is " + config.node(key) + ", expected " + expected);
  }

  /** Refuses pruned heads, and tells which keys nobody honoured. */
  public void finish() {
    if (!config.node("pruned_heads").isEmpty()) {
      throw wrong("pruned_heads", "{}: layers with heads taken out are not supported");
    }
    harmless("pruned_heads", "quantization_config"); // The latter is read with the weights.
    Map<String, JsonNode> unknown = new LinkedHashMap<>();
    for (String key : config.keys()) {
      JsonNode value = config.node(key);
      boolean neutral =
          value.isNull()
              || (value.isBoolean() && !value.booleanValue())
              || (value.isNumber() && value.doubleValue() == 0)
              || (value.isContainerNode() && value.isEmpty());
      if (!neutral && !read.contains(key) && !HARMLESS.contains(key)) {
        unknown.put(key, value);
      }
    }
    if (!unknown.isEmpty()) {
      LOGGER.warn(
          "{}: keys that this version does not know and does not honour: {}. They are kept when the"
              + " model is saved; if one changes the mathematics, results differ from transformers'.",
          config.source(),
          unknown.entrySet().stream()
              .map(e -> e.getKey() + "=" + abbreviated(e.getValue()))
              .collect(Collectors.joining(", ")));
    }
  }

  private static String abbreviated(JsonNode value) {
    String text = value.toString();
    return text.length() > 60 ? text.substring(0, 57) + "..." : text;
  }
}
