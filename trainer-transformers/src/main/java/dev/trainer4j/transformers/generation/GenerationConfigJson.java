// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The file {@code generation_config.json}, in and out. */
final class GenerationConfigJson {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Keys that say how to compute or what to return, not what to generate. */
  private static final Set<String> HARMLESS =
      Set.of(
          "_from_model_config",
          "assistant_confidence_threshold",
          "assistant_early_exit",
          "assistant_lookbehind",
          "cache_config",
          "cache_implementation",
          "compile_config",
          "disable_compile",
          "generation_kwargs",
          "is_assistant",
          "low_memory",
          "max_matching_ngram_size",
          "num_assistant_tokens",
          "num_assistant_tokens_schedule",
          "output_attentions",
          "output_hidden_states",
          "output_logits",
          "output_scores",
          "prefill_chunk_size",
          "remove_invalid_values",
          "return_dict_in_generate",
          "return_legacy_cache",
          "target_lookbehind",
          "transformers_version",
          "use_cache");

  /** Keys that are not supported, with the value at which they change nothing. */
  private static final Map<String, Double> NEUTRAL =
      Map.of(
          "diversity_penalty", 0.0,
          "encoder_no_repeat_ngram_size", 0.0,
          "encoder_repetition_penalty", 1.0,
          "epsilon_cutoff", 0.0,
          "eta_cutoff", 0.0,
          "guidance_scale", 1.0,
          "num_beam_groups", 1.0,
          "typical_p", 1.0);

  private final String source;

  private GenerationConfigJson(String source) {
    this.source = source;
  }

  static GenerationConfig parse(String source, String json) {
    JsonNode tree;
    try {
      tree = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          source + " is not valid JSON: " + e.getOriginalMessage(), e);
    }
    if (!(tree instanceof ObjectNode object)) {
      throw new IllegalArgumentException(source + " is not a JSON object");
    }
    return new GenerationConfigJson(source).read(object);
  }

  private GenerationConfig read(ObjectNode tree) {
    GenerationConfig.Builder builder = GenerationConfig.builder();
    Map<String, JsonNode> others = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : tree.properties()) {
      JsonNode value = entry.getValue();
      if (!value.isNull() && !set(builder, entry.getKey(), value)) {
        refuseUnlessHarmless(entry.getKey(), value);
        others.put(entry.getKey(), value);
      }
    }
    try {
      return builder.others(others).build();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(source + ": " + e.getMessage(), e);
    }
  }

  private void refuseUnlessHarmless(String key, JsonNode value) {
    Double neutral = NEUTRAL.get(key);
    boolean changesNothing =
        HARMLESS.contains(key)
            || (value.isBoolean() && !value.booleanValue())
            || (value.isContainerNode() && value.isEmpty())
            || (neutral != null && value.isNumber() && value.doubleValue() == neutral);
    if (!changesNothing) {
      throw new IllegalArgumentException(
          source
              + ": "
              + key
              + " = "
              + value
              + " is not supported and may change what is generated: remove it, or give your own"
              + " GenerationConfig");
    }
  }

  /** Returns false if the key is none of those that are supported. */
  private boolean set(GenerationConfig.Builder builder, String key, JsonNode value) {
    switch (key) {
      case "max_length" -> builder.maxLength(integer(key, value));
      case "max_new_tokens" -> builder.maxNewTokens(integer(key, value));
      case "min_length" -> builder.minLength(integer(key, value));
      case "min_new_tokens" -> builder.minNewTokens(integer(key, value));
      case "do_sample" -> builder.doSample(flag(key, value));
      case "early_stopping" -> builder.earlyStopping(earlyStopping(key, value));
      case "num_beams" -> builder.numBeams(integer(key, value));
      case "num_return_sequences" -> builder.numReturnSequences(integer(key, value));
      case "temperature" -> builder.temperature(number(key, value));
      case "top_k" -> builder.topK(integer(key, value));
      case "top_p" -> builder.topP(number(key, value));
      case "min_p" -> builder.minP(number(key, value));
      case "repetition_penalty" -> builder.repetitionPenalty(number(key, value));
      case "length_penalty" -> builder.lengthPenalty(number(key, value));
      case "no_repeat_ngram_size" -> builder.noRepeatNgramSize(integer(key, value));
      case "stop_strings" -> builder.stopStrings(texts(key, value));
      default -> {
        return setTokens(builder, key, value);
      }
    }
    return true;
  }

  private boolean setTokens(GenerationConfig.Builder builder, String key, JsonNode value) {
    switch (key) {
      case "bad_words_ids" -> {
        List<List<Integer>> words = new ArrayList<>();
        value.forEach(word -> words.add(integers(key, word)));
        builder.badWordsIds(words);
      }
      case "suppress_tokens" -> builder.suppressTokens(integers(key, value));
      case "begin_suppress_tokens" -> builder.beginSuppressTokens(integers(key, value));
      case "forced_bos_token_id" -> builder.forcedBosTokenId(integer(key, value));
      case "forced_eos_token_id" -> builder.forcedEosTokenId(integers(key, value));
      case "bos_token_id" -> builder.bosTokenId(integer(key, value));
      case "eos_token_id" -> builder.eosTokenId(integers(key, value));
      case "pad_token_id" -> builder.padTokenId(integer(key, value));
      case "decoder_start_token_id" -> builder.decoderStartTokenId(integer(key, value));
      default -> {
        return false;
      }
    }
    return true;
  }

  private int integer(String key, JsonNode value) {
    if (!value.isInt()) {
      throw wrong(key, value, "a whole number");
    }
    return value.intValue();
  }

  private double number(String key, JsonNode value) {
    if (!value.isNumber()) {
      throw wrong(key, value, "a number");
    }
    return value.doubleValue();
  }

  private boolean flag(String key, JsonNode value) {
    if (!value.isBoolean()) {
      throw wrong(key, value, "true or false");
    }
    return value.booleanValue();
  }

  private EarlyStopping earlyStopping(String key, JsonNode value) {
    if (value.isTextual() && value.textValue().equals("never")) {
      return EarlyStopping.NEVER;
    }
    return flag(key, value) ? EarlyStopping.TRUE : EarlyStopping.FALSE;
  }

  /** One number or a list of them. */
  private List<Integer> integers(String key, JsonNode value) {
    List<Integer> integers = new ArrayList<>();
    if (value.isArray()) {
      value.forEach(element -> integers.add(integer(key, element)));
    } else {
      integers.add(integer(key, value));
    }
    return integers;
  }

  private List<String> texts(String key, JsonNode value) {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : value.isArray() ? value : JSON.createArrayNode().add(value)) {
      if (!element.isTextual()) {
        throw wrong(key, value, "a text or a list of texts");
      }
      texts.add(element.textValue());
    }
    return texts;
  }

  private IllegalArgumentException wrong(String key, JsonNode value, String expected) {
    return new IllegalArgumentException(
        source + ": " + key + " is " + value + ", expected " + expected);
  }

  static String write(GenerationConfig config) {
    Map<String, Object> values = settings(config);
    settings(GenerationConfig.defaults()).forEach((key, value) -> values.remove(key, value));
    Map<String, JsonNode> keys = new TreeMap<>(config.others());
    values.forEach((key, value) -> keys.put(key, JSON.valueToTree(value)));
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(keys) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can always be written", e);
    }
  }

  private static Map<String, Object> settings(GenerationConfig config) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("max_length", config.maxLength());
    put(all, "max_new_tokens", config.maxNewTokens());
    all.put("min_length", config.minLength());
    all.put("min_new_tokens", config.minNewTokens());
    all.put("do_sample", config.doSample());
    all.put(
        "early_stopping",
        config.earlyStopping() == EarlyStopping.NEVER
            ? "never"
            : (Object) (config.earlyStopping() == EarlyStopping.TRUE));
    all.put("num_beams", config.numBeams());
    all.put("num_return_sequences", config.numReturnSequences());
    all.put("temperature", config.temperature());
    all.put("top_k", config.topK());
    all.put("top_p", config.topP());
    put(all, "min_p", config.minP());
    all.put("repetition_penalty", config.repetitionPenalty());
    all.put("length_penalty", config.lengthPenalty());
    all.put("no_repeat_ngram_size", config.noRepeatNgramSize());
    all.put("stop_strings", config.stopStrings());
    all.put("bad_words_ids", config.badWordsIds());
    all.put("suppress_tokens", config.suppressTokens());
    all.put("begin_suppress_tokens", config.beginSuppressTokens());
    put(all, "forced_bos_token_id", config.forcedBosTokenId());
    all.put("forced_eos_token_id", oneOrMany(config.forcedEosTokenId()));
    put(all, "bos_token_id", config.bosTokenId());
    all.put("eos_token_id", oneOrMany(config.eosTokenId()));
    put(all, "pad_token_id", config.padTokenId());
    put(all, "decoder_start_token_id", config.decoderStartTokenId());
    return all;
  }

  private static void put(
      Map<String, Object> map, String key, @org.jspecify.annotations.Nullable Object value) {
    if (value != null) {
      map.put(key, value);
    }
  }

  private static Object oneOrMany(List<Integer> ids) {
    return ids.size() == 1 ? ids.get(0) : ids;
  }
}
