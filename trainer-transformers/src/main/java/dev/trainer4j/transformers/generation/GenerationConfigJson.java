// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.trainer4j.json.JsonFile;
import dev.trainer4j.json.JsonPlace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The file {@code generation_config.json}, in and out. */
final class GenerationConfigJson {

  private static final ObjectMapper JSON = JsonMapper.builder().build();

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

  private GenerationConfigJson() {}

  static GenerationConfig parse(String source, String json) {
    return parse(JsonFile.parse(source, json), source);
  }

  static GenerationConfig parse(JsonPlace file, String source) {
    try {
      return read(file.map());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(source + ": " + e.getMessage(), e);
    }
  }

  /** Reads an argument: the settings, also as JSON, or the path of a file or of its folder. */
  static Optional<GenerationConfig> parseArgument(Object raw) {
    if (raw instanceof Map<?, ?> settings) {
      return Optional.of(read(settings));
    }
    if (!(raw instanceof String path)) {
      return Optional.empty();
    }
    if (path.strip().startsWith("{")) {
      return Optional.of(parse("the JSON", path));
    }
    try {
      Path file = Path.of(path);
      return Optional.of(
          Files.isDirectory(file) ? GenerationConfig.read(file) : parse(JsonFile.read(file), path));
    } catch (IOException | InvalidPathException e) {
      throw new IllegalArgumentException("it cannot be read: " + e.getMessage(), e);
    }
  }

  private static GenerationConfig read(Map<?, ?> values) {
    Map<String, Object> others = new LinkedHashMap<>();
    GenerationConfig.Builder builder = GenerationConfig.builder();
    GenerationConfig.table()
        .fill(
            builder,
            values,
            (key, value) -> {
              refuseUnlessHarmless(key, value);
              others.put(key, value);
            });
    builder.others(others);
    return builder.buildAsRead();
  }

  private static void refuseUnlessHarmless(String key, Object value) {
    Double neutral = NEUTRAL.get(key);
    boolean changesNothing =
        HARMLESS.contains(key)
            || value.equals(false)
            || (value instanceof Collection<?> list && list.isEmpty())
            || (value instanceof Map<?, ?> map && map.isEmpty())
            || (neutral != null && value instanceof Number n && n.doubleValue() == neutral);
    if (!changesNothing) {
      throw new IllegalArgumentException(
          key
              + " = "
              + value
              + " is not supported and may change what is generated: remove it, or give your own"
              + " GenerationConfig");
    }
  }

  static String write(GenerationConfig config) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(values(config)) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("plain values can always be written", e);
    }
  }

  /** Every key that differs from its default, in the order of the alphabet. */
  static Map<String, Object> values(GenerationConfig config) {
    Map<String, Object> values = new TreeMap<>(config.others());
    Map<String, @Nullable Object> defaults =
        GenerationConfig.table().toMap(GenerationConfig.defaults());
    GenerationConfig.table()
        .toMap(config)
        .forEach(
            (name, value) -> {
              if (value != null && !value.equals(defaults.get(name))) {
                values.put(name, value);
              }
            });
    return values;
  }
}
