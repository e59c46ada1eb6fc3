// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.trainer4j.transformers.PretrainedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * What a folder of sentence-transformers says of its model, in {@code modules.json} and the files that it names.
 *
 * @param pooling how hidden states become a vector
 * @param normalizes whether a vector is scaled to the length 1
 * @param maxLength the most tokens of a text, 0 if it is not said
 */
public record SentenceModules(Pooling pooling, boolean normalizes, int maxLength) {

  /** What holds of a folder that says nothing: the mean of all tokens, as it is. */
  public static final SentenceModules NONE = new SentenceModules(Pooling.MEAN, false, 0);

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Map<String, Pooling> MODES = new LinkedHashMap<>();

  static {
    MODES.put("pooling_mode_cls_token", Pooling.CLS);
    MODES.put("pooling_mode_max_tokens", Pooling.MAX);
    MODES.put("pooling_mode_mean_tokens", Pooling.MEAN);
    MODES.put("pooling_mode_lasttoken", Pooling.LAST_TOKEN);
  }

  /** Since sentence-transformers 6 one key names the mode; it still reads the flags of all versions before. */
  private static final String NAMED_MODE = "pooling_mode";

  private static final Map<String, Pooling> NAMED_MODES =
      Map.of(
          "cls", Pooling.CLS,
          "max", Pooling.MAX,
          "mean", Pooling.MEAN,
          "lasttoken", Pooling.LAST_TOKEN);

  /** Checks the length. */
  public SentenceModules {
    if (maxLength < 0) {
      throw new IllegalArgumentException(
          "maxLength is "
              + maxLength
              + ", expected a number of tokens, or 0 for what the model takes");
    }
  }

  /**
   * Reads a folder; {@link #NONE} if it has no {@code modules.json}.
   *
   * @throws IOException if a file is missing or cannot be read
   * @throws PretrainedException if a file is damaged or asks for what is not supported
   */
  public static SentenceModules read(Path folder) throws IOException {
    Path file = folder.resolve("modules.json");
    if (!Files.isRegularFile(file)) {
      return NONE;
    }
    Pooling pooling = Pooling.MEAN;
    boolean normalizes = false;
    for (JsonNode module : json(file)) {
      String type = module.path("type").asText();
      switch (type.substring(type.lastIndexOf('.') + 1)) {
        case "Transformer" -> {} // The model itself.
        case "Pooling" -> pooling = pooling(module(folder, module).resolve("config.json"));
        case "Normalize" -> normalizes = true;
        default ->
            throw new PretrainedException(
                file
                    + ": the module '"
                    + type
                    + "' is not supported; supported are Transformer, Pooling and Normalize");
      }
    }
    Path limits = folder.resolve("sentence_bert_config.json");
    int maxLength = Files.isRegularFile(limits) ? json(limits).path("max_seq_length").asInt(0) : 0;
    return new SentenceModules(pooling, normalizes, Math.max(0, maxLength));
  }

  /** A path of the file must not lead out of the folder. */
  private static Path module(Path folder, JsonNode module) {
    Path root = folder.toAbsolutePath().normalize();
    Path path = root.resolve(module.path("path").asText()).normalize();
    if (!path.startsWith(root)) {
      throw new PretrainedException(
          folder.resolve("modules.json")
              + ": path is "
              + module.path("path")
              + ", which leads out of the folder");
    }
    return path;
  }

  private static Pooling pooling(Path file) throws IOException {
    JsonNode config = json(file);
    if (config.has(NAMED_MODE)) {
      return namedPooling(file, config.get(NAMED_MODE));
    }
    Pooling found = null;
    for (Map.Entry<String, JsonNode> entry : config.properties()) {
      if (entry.getKey().startsWith("pooling_mode_") && entry.getValue().asBoolean()) {
        Pooling mode = MODES.get(entry.getKey());
        if (mode == null || found != null) {
          throw new PretrainedException(
              file
                  + ": "
                  + entry.getKey()
                  + " is true"
                  + (mode == null ? "" : " beside another mode")
                  + ", expected one of "
                  + MODES.keySet());
        }
        found = mode;
      }
    }
    if (found == null) {
      throw new PretrainedException(
          file + ": no pooling mode is true, expected one of " + MODES.keySet());
    }
    return found;
  }

  private static Pooling namedPooling(Path file, JsonNode given) {
    JsonNode name = given.isArray() && given.size() == 1 ? given.get(0) : given;
    Pooling mode = NAMED_MODES.get(name.asText());
    if (mode == null) {
      throw new PretrainedException(
          file
              + ": "
              + NAMED_MODE
              + " is "
              + given
              + ", expected one of "
              + new TreeSet<>(NAMED_MODES.keySet()));
    }
    return mode;
  }

  /**
   * Writes what sentence-transformers reads, {@code modules.json}, {@code 1_Pooling/config.json} and {@code
   * sentence_bert_config.json}, beside a model.
   *
   * @param width of a vector
   */
  public void write(Path folder, int width) throws IOException {
    ArrayNode modules = JSON.createArrayNode();
    add(modules, "", "Transformer");
    add(modules, "1_Pooling", "Pooling");
    if (normalizes) {
      add(modules, "2_Normalize", "Normalize");
      Files.createDirectories(folder.resolve("2_Normalize"));
    }
    write(folder.resolve("modules.json"), modules);
    ObjectNode config = JSON.createObjectNode();
    config.put("word_embedding_dimension", width);
    MODES.forEach((key, mode) -> config.put(key, mode == pooling));
    write(Files.createDirectories(folder.resolve("1_Pooling")).resolve("config.json"), config);
    ObjectNode limits = JSON.createObjectNode();
    if (maxLength > 0) {
      limits.put("max_seq_length", maxLength);
    } else {
      limits.putNull("max_seq_length");
    }
    write(folder.resolve("sentence_bert_config.json"), limits.put("do_lower_case", false));
  }

  private static void add(ArrayNode modules, String path, String type) {
    int number = modules.size();
    modules
        .addObject()
        .put("idx", number)
        .put("name", Integer.toString(number))
        .put("path", path)
        .put("type", "sentence_transformers.models." + type);
  }

  private static void write(Path file, JsonNode content) throws IOException {
    JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), content);
  }

  private static JsonNode json(Path file) throws IOException {
    try {
      return JSON.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new PretrainedException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
    }
  }
}
