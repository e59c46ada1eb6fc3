// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.quantization;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.transformers.Dtype;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedException;
import dev.trainer4j.transformers.QuantizationConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code quantization_config} in {@code config.json}, in and out. */
public final class QuantizationKeys {

  /** The key in {@code config.json}. */
  public static final String KEY = "quantization_config";

  private static final String METHOD = "bitsandbytes";

  private QuantizationKeys() {}

  /** Returns whether a folder says that its weights are quantized. */
  public static boolean isIn(PretrainedConfig config) {
    return !config.node(KEY).isEmpty();
  }

  /**
   * Reads the key.
   *
   * @throws PretrainedException if the weights are quantized by another method, or in a way that is not read
   */
  public static QuantizationConfig read(PretrainedConfig config) {
    JsonNode node = config.node(KEY);
    String method = node.path("quant_method").asText(METHOD);
    if (!method.equals(METHOD)) {
      throw wrong(
          config,
          "quant_method is '"
              + method
              + "', expected bitsandbytes: weights quantized by other methods are not read. Take the"
              + " folder of the model before quantization, and LoadOptions.withQuantization");
    }
    boolean eight = flag(config, node, "load_in_8bit");
    boolean four = flag(config, node, "load_in_4bit");
    if (flag(config, node, "llm_int8_has_fp16_weight")) {
      throw wrong(
          config,
          "llm_int8_has_fp16_weight is true, which keeps weights of 16 bits: quantize without it");
    }
    List<String> skipped = new ArrayList<>();
    node.path("llm_int8_skip_modules").forEach(name -> skipped.add(name.asText()));
    try {
      return new QuantizationConfig(
          eight,
          four,
          eight && !four ? "nf4" : node.path("bnb_4bit_quant_type").asText("fp4"),
          four && flag(config, node, "bnb_4bit_use_double_quant"),
          four ? compute(config, node) : null,
          skipped);
    } catch (IllegalArgumentException e) {
      throw wrong(config, e.getMessage());
    }
  }

  private static boolean flag(PretrainedConfig config, JsonNode node, String key) {
    JsonNode value = node.path(key);
    if (!value.isBoolean() && !value.isMissingNode() && !value.isNull()) {
      throw wrong(config, key + " is " + value + ", expected true or false");
    }
    return value.booleanValue();
  }

  private static Dtype compute(PretrainedConfig config, JsonNode node) {
    String name = node.path("bnb_4bit_compute_dtype").asText("float32");
    return Dtype.named(name)
        .orElseThrow(
            () ->
                wrong(
                    config,
                    "bnb_4bit_compute_dtype is '"
                        + name
                        + "', expected float32, float16 or bfloat16"));
  }

  private static PretrainedException wrong(PretrainedConfig config, @Nullable String problem) {
    return new PretrainedException(config.source() + ": " + KEY + ": " + problem);
  }

  /**
   * Returns a configuration with the key as transformers writes it.
   *
   * @param config what it had before stays of what is not said anew
   * @param compute the type in which products are taken
   * @param skipped modules that are not quantized; empty where transformers knows by itself
   */
  public static PretrainedConfig write(
      PretrainedConfig config,
      QuantizationConfig quantization,
      Dtype compute,
      List<String> skipped) {
    Map<String, @Nullable Object> keys = new LinkedHashMap<>();
    keys.put("_load_in_4bit", quantization.loadIn4bit());
    keys.put("_load_in_8bit", quantization.loadIn8bit());
    keys.put("bnb_4bit_compute_dtype", quantization.loadIn4bit() ? compute.text() : "float32");
    keys.put("bnb_4bit_quant_storage", "uint8");
    // The type that bitsandbytes names where there is none.
    keys.put(
        "bnb_4bit_quant_type", quantization.loadIn4bit() ? quantization.bnb4bitQuantType() : "fp4");
    keys.put("bnb_4bit_use_double_quant", quantization.bnb4bitUseDoubleQuant());
    keys.put("llm_int8_enable_fp32_cpu_offload", false);
    keys.put("llm_int8_has_fp16_weight", false);
    keys.put("llm_int8_skip_modules", skipped.isEmpty() ? null : skipped);
    keys.put("llm_int8_threshold", 6.0);
    keys.put("load_in_4bit", quantization.loadIn4bit());
    keys.put("load_in_8bit", quantization.loadIn8bit());
    keys.put("quant_method", METHOD);
    config.node(KEY).properties().forEach(old -> keys.put(old.getKey(), old.getValue()));
    return config.with(KEY, keys);
  }
}
