// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.peft;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.trainer4j.json.JsonFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The file {@code adapter_config.json}, in and out. */
final class PeftConfigFile {

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** Keys that say where something comes from or is used, not what the adapter is. */
  private static final Set<String> HARMLESS =
      Set.of(
          "auto_mapping",
          "base_model_name_or_path",
          "inference_mode",
          "init_ia3_weights",
          "megatron_core",
          "peft_type",
          "peft_version",
          "qalora_group_size",
          "revision",
          "runtime_config");

  private PeftConfigFile() {}

  static PeftConfig read(Path file) throws IOException {
    Map<String, @Nullable Object> values = JsonFile.read(file).map();
    Object type = values.get("peft_type");
    try {
      if ("LORA".equals(type)) {
        LoraConfig.Builder builder = LoraConfig.builder();
        LoraConfig.table().fill(builder, values, PeftConfigFile::refuseUnlessHarmless);
        return builder.build();
      }
      if ("IA3".equals(type)) {
        Ia3Config.Builder builder = Ia3Config.builder();
        Ia3Config.table().fill(builder, values, PeftConfigFile::refuseUnlessHarmless);
        return builder.build();
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
    throw new IllegalArgumentException(
        file
            + ": peft_type is "
            + type
            + ", expected LORA or IA3: adapters of other kinds are not read");
  }

  private static void refuseUnlessHarmless(String key, Object value) {
    boolean changesNothing =
        HARMLESS.contains(key)
            || value.equals(false)
            || value.equals("")
            || (value instanceof Collection<?> list && list.isEmpty())
            || (value instanceof Map<?, ?> map && map.isEmpty());
    if (!changesNothing) {
      throw new IllegalArgumentException(
          key
              + " = "
              + value
              + " is not supported, and the adapter would not be what it was without");
    }
  }

  static String write(PeftConfig config) {
    Map<String, @Nullable Object> values = new TreeMap<>();
    if (config instanceof LoraConfig lora) {
      values.putAll(LoraConfig.table().toMap(lora));
    } else if (config instanceof Ia3Config ia3) {
      values.putAll(Ia3Config.table().toMap(ia3));
      values.put("init_ia3_weights", true);
    }
    // What PEFT has null for, it does not take empty: an empty list of layers is none of them.
    values.replaceAll(
        (key, value) -> value instanceof Collection<?> c && c.isEmpty() ? null : value);
    values.put("peft_type", config.peftType());
    values.put("inference_mode", true);
    try {
      return JSON.writeValueAsString(values) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("plain values can always be written", e);
    }
  }
}
