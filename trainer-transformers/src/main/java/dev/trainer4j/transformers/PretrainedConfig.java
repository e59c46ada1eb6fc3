// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.trainer4j.json.JsonFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The content of {@code config.json}: an immutable tree whose unknown keys are kept and written back.
 */
public final class PretrainedConfig {

  /** The file's name in every model folder. */
  public static final String FILE_NAME = "config.json";

  private static final int MAX_LENGTH = 16 << 20;

  /** A head for more would be larger than most models. */
  private static final int MAX_LABELS = 1 << 20;

  private static final ObjectMapper JSON = JsonMapper.builder().build();

  /** The keys that hold ids of tokens and matter to generation. */
  static final List<String> GENERATION_KEYS =
      List.of(
          "bos_token_id",
          "eos_token_id",
          "pad_token_id",
          "decoder_start_token_id",
          "forced_bos_token_id",
          "forced_eos_token_id");

  /** Today's key, and that of transformers before its version 5. */
  private static final List<String> DTYPE_KEYS = List.of("dtype", "torch_dtype");

  private final String source;
  private final ObjectNode tree;

  private PretrainedConfig(String source, ObjectNode tree) {
    this.source = source;
    this.tree = tree;
  }

  /**
   * Reads the {@code config.json} of a folder.
   *
   * @throws IOException if there is none, or it cannot be read
   * @throws PretrainedException if it is not a JSON object
   */
  public static PretrainedConfig read(Path folder) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    if (!Files.isRegularFile(file)) {
      throw new NoSuchFileException(
          file.toString(),
          null,
          "a model folder holds "
              + FILE_NAME
              + " and model.safetensors; give the folder that has them");
    }
    byte[] bytes = readLimited(file);
    return parse(file.toString(), JsonFile.text(file.toString(), bytes, PretrainedException::new));
  }

  /** Reads a small file of a model's folder. */
  static byte[] readLimited(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_LENGTH + 1);
      if (bytes.length > MAX_LENGTH) {
        throw new PretrainedException(
            file + " has more than " + MAX_LENGTH + " bytes, absurdly many for a configuration");
      }
      return bytes;
    }
  }

  /**
   * Parses the text of a {@code config.json}.
   *
   * @throws PretrainedException if it is not a JSON object
   */
  public static PretrainedConfig parse(String json) {
    return parse("config", json);
  }

  /** Makes a configuration of keys and values, such as {@code model_type} and {@code hidden_size}. */
  public static PretrainedConfig of(Map<String, ?> values) {
    return new PretrainedConfig("config", JSON.valueToTree(new LinkedHashMap<>(values)));
  }

  static PretrainedConfig parse(String source, String json) {
    return new PretrainedConfig(
        source, (ObjectNode) JsonFile.parse(source, json, PretrainedException::new).node());
  }

  /** Returns the file it was read from, for messages. */
  public String source() {
    return source;
  }

  /** Returns the value of {@code model_type}, which names the family. */
  public String modelType() {
    return text("model_type")
        .orElseThrow(
            () ->
                new PretrainedException(
                    source + ": model_type is missing; it names the family, such as \"bert\""));
  }

  /** Returns a value as text, if there is one. */
  public Optional<String> text(String key) {
    JsonNode value = tree.path(key);
    return value.isTextual() ? Optional.of(value.textValue()) : Optional.empty();
  }

  /** Returns whether there is a value that is not null. */
  public boolean has(String key) {
    return tree.hasNonNull(key);
  }

  /** Returns a value as it is in the file; a missing node if the key is not there. */
  public JsonNode node(String key) {
    return tree.path(key);
  }

  /** Returns the keys at the top of the file, in its order. */
  public Iterable<String> keys() {
    return tree::fieldNames;
  }

  /** Returns a copy with one key set. */
  public PretrainedConfig with(String key, Object value) {
    ObjectNode copy = tree.deepCopy();
    copy.set(key, JSON.valueToTree(value));
    return new PretrainedConfig(source, copy);
  }

  /**
   * Returns a copy that names the type of the tensors. Float32, which a file that says nothing means, is
   * named only where this one names a type.
   */
  PretrainedConfig withDtype(Dtype dtype) {
    PretrainedConfig config = this;
    boolean named = dtype == Dtype.FLOAT32;
    for (String key : DTYPE_KEYS) {
      if (has(key)) {
        config = config.with(key, dtype.text());
        named = true;
      }
    }
    return named ? config : config.with(DTYPE_KEYS.get(0), dtype.text());
  }

  /**
   * Returns the type that the file names, if it does.
   *
   * @throws PretrainedException if weights cannot be kept in it
   */
  Optional<Dtype> dtype() {
    for (String key : DTYPE_KEYS) {
      if (has(key)) {
        return Optional.of(
            text(key)
                .flatMap(Dtype::named)
                .orElseThrow(
                    () ->
                        new PretrainedException(
                            source
                                + ": "
                                + key
                                + " is "
                                + node(key)
                                + ", expected float32, float16 or bfloat16; choose one of them with"
                                + " LoadOptions.withDtype")));
      }
    }
    return Optional.empty();
  }

  /** Returns a copy without a key. */
  public PretrainedConfig without(String key) {
    ObjectNode copy = tree.deepCopy();
    copy.remove(key);
    return new PretrainedConfig(source, copy);
  }

  /**
   * Returns a copy with these labels, the first of index 0: {@code id2label} and {@code label2id}.
   *
   * @throws IllegalArgumentException if there is none, or one of them twice
   */
  public PretrainedConfig withLabels(List<String> labels) {
    requireLabels(labels);
    ObjectNode copy = tree.deepCopy();
    ObjectNode names = copy.putObject("id2label");
    ObjectNode indices = copy.putObject("label2id");
    for (int i = 0; i < labels.size(); i++) {
      names.put(Integer.toString(i), labels.get(i));
      indices.put(labels.get(i), i);
    }
    copy.remove("num_labels");
    return new PretrainedConfig(source, copy);
  }

  /** The index of a label is looked up by its name, which of two of the same name one would lose. */
  static void requireLabels(List<String> labels) {
    if (labels.isEmpty()) {
      throw new IllegalArgumentException("labels is empty, expected the name of one at least");
    }
    Map<String, Integer> indices = new HashMap<>();
    for (int i = 0; i < labels.size(); i++) {
      Integer before = indices.putIfAbsent(labels.get(i), i);
      if (before != null) {
        throw new IllegalArgumentException(
            "labels names '"
                + labels.get(i)
                + "' at "
                + before
                + " and at "
                + i
                + ", expected different names");
      }
    }
  }

  /**
   * Returns the number of labels: that of {@code id2label}, {@code num_labels}, or transformers'
   * default, which is 3 for BART and 2 for others.
   *
   * @throws PretrainedException if that is no number of at least 1
   */
  public int numLabels() {
    JsonNode names = tree.path("id2label");
    if (names.isObject() && !names.isEmpty()) {
      return names.size();
    }
    JsonNode number = tree.path("num_labels");
    if (number.isMissingNode() || number.isNull()) {
      return text("model_type").filter("bart"::equals).isPresent() ? 3 : 2;
    }
    if (!number.isInt() || number.intValue() < 1 || number.intValue() > MAX_LABELS) {
      throw new PretrainedException(
          source
              + ": num_labels is "
              + number
              + ", expected a whole number from 1 to "
              + MAX_LABELS);
    }
    return number.intValue();
  }

  /** Returns the name of each label; {@code LABEL_0} and so on where the file has none. */
  public Map<Integer, String> id2label() {
    Map<Integer, String> labels = new TreeMap<>();
    for (int i = 0; i < numLabels(); i++) {
      JsonNode name = tree.path("id2label").path(Integer.toString(i));
      labels.put(i, name.isTextual() ? name.textValue() : "LABEL_" + i);
    }
    return labels;
  }

  /**
   * Returns what a classifier of texts learns, if the file says so.
   *
   * @throws PretrainedException if {@code problem_type} is none of transformers', or asks for one class of one
   */
  public Optional<ProblemType> problemType() {
    if (!has("problem_type")) {
      return Optional.empty();
    }
    Optional<ProblemType> type = text("problem_type").flatMap(ProblemType::of);
    if (type.isEmpty()) {
      throw new PretrainedException(
          source
              + ": problem_type is "
              + node("problem_type")
              + ", expected one of "
              + Arrays.stream(ProblemType.values()).map(ProblemType::key).toList());
    }
    if (type.get() == ProblemType.SINGLE_LABEL_CLASSIFICATION && numLabels() == 1) {
      throw new PretrainedException(
          source
              + ": problem_type is single_label_classification, but there is a single label: take two"
              + " labels for yes and no, or LoadOptions.withProblemType(REGRESSION) for a number");
    }
    return type;
  }

  /**
   * Returns the keys that matter to generation, as {@code generation_config.json} would have them.
   *
   * @param defaults of keys that are missing; a null stays none
   */
  String generationJson(Map<String, Integer> defaults) {
    ObjectNode keys = JSON.createObjectNode();
    defaults.forEach(
        (key, value) -> {
          if (tree.path(key).isMissingNode()) {
            keys.put(key, value);
          }
        });
    for (String key : GENERATION_KEYS) {
      if (has(key)) {
        keys.set(key, node(key));
      }
    }
    return keys.toString();
  }

  /**
   * Returns the number of tokens the model knows.
   *
   * @throws PretrainedException if {@code vocab_size} is missing or no number
   */
  public int vocabSize() {
    JsonNode size = node("vocab_size");
    if (!size.canConvertToInt()) {
      throw new PretrainedException(
          source + ": vocab_size is " + size + ", expected the number of tokens");
    }
    return size.intValue();
  }

  /** Returns the class names in {@code architectures}; none if there are none. */
  List<String> architectures() {
    List<String> names = new ArrayList<>();
    node("architectures").forEach(name -> names.add(name.asText()));
    return names;
  }

  /** Returns the text as transformers writes it: sorted keys, indented by two. */
  public String toJson() {
    try {
      return JSON.writer(new JsonStyle()).writeValueAsString(sorted(tree)) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can always be written", e);
    }
  }

  private static JsonNode sorted(JsonNode node) {
    if (node instanceof ObjectNode object) {
      ObjectNode sorted = JSON.createObjectNode();
      Map<String, JsonNode> byKey = new TreeMap<>();
      object.properties().forEach(entry -> byKey.put(entry.getKey(), entry.getValue()));
      byKey.forEach((key, value) -> sorted.set(key, sorted(value)));
      return sorted;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode copy = JSON.createArrayNode();
      array.forEach(element -> copy.add(sorted(element)));
      return copy;
    }
    return node.isFloatingPointNumber()
        ? new POJONode(new RawValue(PythonFloat.repr(node.doubleValue())))
        : node;
  }

  @Override
  public String toString() {
    return toJson();
  }
}
