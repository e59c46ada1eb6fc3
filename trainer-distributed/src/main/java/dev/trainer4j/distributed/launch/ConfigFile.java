// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A configuration as a file: YAML, or JSON if its name says so; and where Accelerate keeps its own. */
final class ConfigFile {

  private static final int MAX_BYTES = 1 << 20;

  private static final TypeReference<Map<String, @Nullable Object>> MAPPING =
      new TypeReference<>() {};

  private static final ObjectMapper YAML =
      YAMLMapper.builder(
              YAMLFactory.builder()
                  .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                  .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                  .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ConfigFile() {}

  /** Accelerate's own place: {@code accelerate/default_config.yaml} in Hugging Face's cache. */
  static Path defaultPlace(Map<String, String> environment) {
    String home = System.getProperty("user.home");
    String cache = environment.getOrDefault("XDG_CACHE_HOME", home + "/.cache");
    String hub = environment.getOrDefault("HF_HOME", cache + "/huggingface");
    String expanded = hub.startsWith("~/") ? home + hub.substring(1) : hub;
    return Path.of(expanded, "accelerate", "default_config.yaml");
  }

  /** Reads Accelerate's own file, if there is one. */
  static Optional<Map<String, @Nullable Object>> readDefault(Map<String, String> environment) {
    Path place = defaultPlace(environment);
    return Files.exists(place) ? Optional.of(read(place)) : Optional.empty();
  }

  /**
   * Reads a file.
   *
   * @throws LaunchException if it is not there, or is no mapping
   */
  static Map<String, @Nullable Object> read(Path file) {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (IOException e) {
      throw new LaunchException(
          "config_file "
              + file
              + " cannot be read ("
              + e
              + "); name a configuration, or write one with: config",
          e);
    }
    if (bytes.length > MAX_BYTES) {
      throw new LaunchException(
          "config_file " + file + " has more than a mebibyte; a configuration has some lines");
    }
    try {
      Map<String, @Nullable Object> values =
          (isJson(file) ? JSON : YAML)
              .readValue(new String(bytes, StandardCharsets.UTF_8), MAPPING);
      if (values == null) {
        throw new LaunchException("config_file " + file + " is empty; expected keys and values");
      }
      return values;
    } catch (JsonProcessingException e) {
      throw new LaunchException(
          "config_file "
              + file
              + " is no mapping in "
              + (isJson(file) ? "JSON" : "YAML")
              + ": "
              + e.getOriginalMessage(),
          e);
    } catch (LaunchException e) {
      throw e;
    } catch (RuntimeException e) {
      // What SnakeYAML throws beyond Jackson's wrapping, such as its own limits.
      throw new LaunchException(
          "config_file " + file + " is no mapping in YAML: " + e.getMessage(), e);
    }
  }

  /** Writes a file, sorted by key as Accelerate does; whoever reads it meanwhile sees the old one or the new one. */
  static void write(Path file, Map<String, ?> values) {
    try {
      Path folder = file.toAbsolutePath().getParent();
      if (folder == null) {
        throw new LaunchException("config_file " + file + " is no file that can be written");
      }
      Files.createDirectories(folder);
      Path draft = Files.createTempFile(folder, ".config", ".tmp");
      try {
        ObjectMapper mapper = isJson(file) ? JSON : YAML;
        Files.writeString(
            draft,
            mapper.writerWithDefaultPrettyPrinter().writeValueAsString(new TreeMap<>(values)));
        Files.move(
            draft, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(draft);
      }
    } catch (IOException e) {
      throw new LaunchException("config_file " + file + " cannot be written: " + e, e);
    }
  }

  private static boolean isJson(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".json");
  }
}
