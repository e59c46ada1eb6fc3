// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.peft;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.SafetensorsWriter;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.TorchFunctions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** An adapter's folder: {@code adapter_config.json} and {@code adapter_model.safetensors}. */
public final class AdapterFile {

  /** What PEFT writes of biases twice: those of a module that is trained as a whole and of its untrained original. */
  private static final Pattern DOUBLE =
      Pattern.compile(".*\\.(modules_to_save|original_module)\\..*");

  private static final int SHOWN = 8;

  private AdapterFile() {}

  /**
   * Writes the folder.
   *
   * @param folder is created if it does not exist
   * @param tensors by their names in the file
   */
  public static void write(Path folder, PeftConfig config, Map<String, NDArray> tensors)
      throws IOException {
    Files.createDirectories(folder);
    writeConfig(folder, config);
    SafetensorsWriter.write(folder.resolve(AdapterNames.FILE_NAME), tensors);
  }

  /** Writes the configuration alone. */
  public static void writeConfig(Path folder, PeftConfig config) throws IOException {
    Files.writeString(folder.resolve(PeftConfig.FILE_NAME), PeftConfigFile.write(config));
  }

  /**
   * Returns how many rows the tensors of the folder's file have.
   *
   * @throws IllegalArgumentException if there is no file
   * @throws IOException if the file is damaged, or cannot be read
   */
  public static Set<Long> rows(Path folder) throws IOException {
    Set<Long> rows = new HashSet<>();
    try (ModelTensors stored = ModelTensors.of(existing(folder))) {
      for (String name : stored.names()) {
        Shape shape = stored.info(name).shape();
        if (shape.size() > 0 && shape.dimension() > 0) {
          rows.add(shape.get(0));
        }
      }
    }
    return rows;
  }

  private static Path existing(Path folder) {
    Path file = folder.resolve(AdapterNames.FILE_NAME);
    if (!Files.exists(file)) {
      String pickled = "adapter_model.bin";
      throw new IllegalArgumentException(
          "there is no "
              + file
              + (Files.exists(folder.resolve(pickled))
                  ? ": "
                      + pickled
                      + " is a pickle and is not read; save the adapter with"
                      + " safe_serialization=True"
                  : ""));
    }
    return file;
  }

  /**
   * Fills tensors from the folder's file, all of them or none.
   *
   * @param tensors what to fill, by the names in the file
   * @param others what is filled, too, if the file has it
   * @return the names of those of {@code others} that it has
   * @throws IllegalArgumentException if a tensor is missing, there is one too many, or one has another shape: the
   *     adapter is of another model or configuration; or if a value is not finite
   * @throws IOException if the file is missing, damaged, or cannot be read
   */
  public static Set<String> read(
      Path folder, Map<String, NDArray> tensors, Map<String, NDArray> others, NDManager manager)
      throws IOException {
    Path file = existing(folder);
    try (ModelTensors stored = ModelTensors.of(file)) {
      Map<String, NDArray> found = new LinkedHashMap<>(others);
      found.keySet().retainAll(stored.names());
      Map<String, NDArray> all = new LinkedHashMap<>(tensors);
      found.forEach(all::putIfAbsent);
      fill(file, stored, all, manager);
      return found.keySet();
    }
  }

  private static void fill(
      Path file, ModelTensors stored, Map<String, NDArray> tensors, NDManager manager)
      throws IOException {
    check(file, stored, tensors);
    for (String name : tensors.keySet()) {
      requireFinite(file, stored, name, manager);
    }
    for (Map.Entry<String, NDArray> target : tensors.entrySet()) {
      try (ArrayScope scope = ArrayScope.open();
          NDManager host = manager.newSubManager(Device.cpu())) {
        TorchFunctions.copy(
            List.of(target.getValue()), List.of(stored.readFloat32(target.getKey(), host)));
      }
    }
  }

  /** An adapter of a run that went astray would make every answer NaN, and nobody would know why. */
  private static void requireFinite(Path file, ModelTensors stored, String name, NDManager manager)
      throws IOException {
    long[] found;
    try (ArrayScope scope = ArrayScope.open();
        NDManager host = manager.newSubManager(Device.cpu())) {
      found = TorchFunctions.nonFinite(List.of(stored.readFloat32(name, host)))[0];
    }
    if (found[0] + found[1] > 0) {
      throw new IllegalArgumentException(
          file
              + ": tensor "
              + name
              + " has "
              + found[0]
              + " values that are NaN and "
              + found[1]
              + " that are infinite, nothing was loaded: take an earlier checkpoint of the run that wrote it, or"
              + " fetch the file again.");
    }
  }

  private static void check(Path file, ModelTensors stored, Map<String, NDArray> tensors)
      throws IOException {
    List<String> differences = new ArrayList<>();
    for (Map.Entry<String, NDArray> target : tensors.entrySet()) {
      String name = target.getKey();
      if (!stored.names().contains(name)) {
        differences.add(name + " is missing");
      } else if (!stored.info(name).shape().equals(target.getValue().getShape())) {
        differences.add(
            name
                + " has shape "
                + stored.info(name).shape()
                + ", this model and its configuration ask for "
                + target.getValue().getShape());
      }
    }
    for (String name : stored.names()) {
      if (!tensors.containsKey(name) && !DOUBLE.matcher(name).matches()) {
        differences.add(name + " is of no module that adapter_config.json names");
      }
    }
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          file
              + " does not fit the model, nothing was loaded: "
              + String.join("; ", differences.subList(0, Math.min(SHOWN, differences.size())))
              + (differences.size() > SHOWN
                  ? "; and " + (differences.size() - SHOWN) + " more"
                  : "")
              + ". Load it onto the model that it was trained on; where tokens were added to that, call"
              + " resizeTokenEmbeddings first.");
    }
  }
}
