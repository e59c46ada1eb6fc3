// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.ModelTensorsWriter;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.ModelInputs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Small models of transformers with its figures of them: those on the class path, or the folder
 * {@code models} of {@code -Dparity.dir=DIR}.
 */
public final class ParityModels {

  private static final ObjectMapper JSON = new ObjectMapper();

  private ParityModels() {}

  /** The folder of a model; that of the class path where the given folder has none of this name. */
  public static Path folder(String name) {
    Path given = folder().resolve(name);
    return Files.isDirectory(given) ? given : ownFolder().resolve(name);
  }

  private static Path folder() {
    String given = System.getProperty("parity.dir");
    if (given != null && !given.isBlank()) {
      return Path.of(given).resolve("models");
    }
    return ownFolder();
  }

  /** The models of the class path, whatever folder is given: figures of other files refer to them. */
  public static Path ownFolder() {
    URL resource = ParityModels.class.getResource("/parity/models");
    if (resource == null) {
      throw new IllegalStateException("the golden models are not on the class path");
    }
    try {
      return Path.of(resource.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The names of all models, in order. */
  public static List<String> all() {
    try (Stream<Path> folders = Files.list(folder())) {
      return folders
          .filter(Files::isDirectory)
          .map(path -> path.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static JsonNode golden(String name) throws IOException {
    return JSON.readTree(folder(name).resolve("golden.json").toFile());
  }

  public static Task task(String name) throws IOException {
    String kind = golden(name).get("kind").asText();
    return switch (kind) {
      case "classify", "regress" -> Task.SEQUENCE_CLASSIFICATION;
      case "token" -> Task.TOKEN_CLASSIFICATION;
      case "qa" -> Task.QUESTION_ANSWERING;
      case "choice" -> Task.MULTIPLE_CHOICE;
      case "mlm" -> Task.MASKED_LM;
      case "causal" -> Task.CAUSAL_LM;
      case "seq2seq" -> Task.SEQ2SEQ_LM;
      default -> throw new IllegalStateException("a figure of kind " + kind);
    };
  }

  public static PretrainedModel load(String name) throws IOException {
    return AutoModels.load(folder(name), task(name), cpu());
  }

  public static LoadOptions cpu() {
    return LoadOptions.defaults().withDevice(TestDevice.get());
  }

  /** The arrays of {@code golden.safetensors} whose names begin with {@code prefix}, without it. */
  public static Map<String, NDArray> arrays(String name, String prefix, NDManager manager)
      throws IOException {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(folder(name).resolve("golden.safetensors"))) {
      for (String tensor : file.names()) {
        if (tensor.startsWith(prefix)) {
          arrays.put(tensor.substring(prefix.length()), file.read(tensor, manager));
        }
      }
    }
    return arrays;
  }

  public static ModelInputs inputs(String name, NDManager manager) throws IOException {
    return ModelInputs.of(arrays(name, "input.", manager));
  }

  /** The batches of the ten updates, as JSON. */
  public static List<JsonNode> trainBatches(String name) throws IOException {
    return Stream.of(JSON.convertValue(golden(name).get("train_batches"), JsonNode[].class))
        .toList();
  }

  /** Arrays of numbers, of any dimensions. */
  public static ModelInputs inputs(JsonNode batch, NDManager manager) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    batch.fields().forEachRemaining(e -> arrays.put(e.getKey(), array(e.getValue(), manager)));
    return ModelInputs.of(arrays);
  }

  private static NDArray array(JsonNode values, NDManager manager) {
    List<Long> shape = new ArrayList<>();
    List<JsonNode> flat = List.of(values);
    while (flat.get(0).isArray()) {
      shape.add((long) flat.get(0).size());
      flat = flat.stream().flatMap(ParityModels::elements).toList();
    }
    Shape dimensions = new Shape(shape);
    if (flat.get(0).isFloatingPointNumber()) {
      float[] numbers = new float[flat.size()];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = flat.get(i).floatValue();
      }
      return manager.create(numbers, dimensions);
    }
    return manager.create(flat.stream().mapToLong(JsonNode::longValue).toArray(), dimensions);
  }

  private static Stream<JsonNode> elements(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  /** Copies a model into {@code target} with its tensors changed. */
  static void copy(Path target, String name, Consumer<Map<String, NDArray>> change)
      throws IOException {
    Path folder = folder(name);
    Files.copy(folder.resolve("config.json"), target.resolve("config.json"));
    try (NDManager manager = NDManager.newBaseManager(ai.djl.Device.cpu(), "PyTorch");
        ModelTensors tensors = ModelTensors.open(folder)) {
      Map<String, NDArray> arrays = new LinkedHashMap<>();
      for (String tensor : tensors.names()) {
        arrays.put(tensor, tensors.read(tensor, manager));
      }
      change.accept(arrays);
      ModelTensorsWriter.write(target, arrays, Long.MAX_VALUE);
    }
  }
}
