// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.TiedTensors;
import dev.trainer4j.torch.TorchFunctions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Copies the tensors of safetensors files into arrays that exist, checked before the first copy. */
public final class TensorFiles {

  private TensorFiles() {}

  /**
   * Fills every array of {@code targets} from the tensor of the same name.
   *
   * @param what what is being loaded, for the message
   * @throws CheckpointMismatchException if names or shapes differ; nothing has been copied then
   * @throws IOException if the file cannot be read
   */
  public static void load(Path file, Map<String, NDArray> targets, NDManager manager, String what)
      throws IOException {
    try (ModelTensors tensors = ModelTensors.of(file)) {
      load(tensors, targets, manager, what);
    }
  }

  /**
   * Fills every array of {@code targets} from the tensor of the same name, in whichever files it is.
   *
   * @param what what is being loaded, for the message
   * @throws CheckpointMismatchException if names or shapes differ; nothing has been copied then
   * @throws IOException if a file cannot be read
   */
  public static void load(
      TensorFile tensors, Map<String, NDArray> targets, NDManager manager, String what)
      throws IOException {
    load(
        tensors,
        targets,
        what,
        (name, inFile) -> {
          try (ArrayScope scope = ArrayScope.open();
              NDManager host = manager.newSubManager(Device.cpu())) {
            TorchFunctions.copy(
                List.of(Objects.requireNonNull(targets.get(name))),
                List.of(tensors.read(inFile, host)));
          }
        });
  }

  /** What brings a tensor from a file to where it belongs. */
  @FunctionalInterface
  public interface Filling {
    /**
     * Reads a tensor.
     *
     * @param name of the target
     * @param inFile its name in the file
     * @throws IOException if the file cannot be read
     */
    void fill(String name, String inFile) throws IOException;
  }

  /**
   * Has every one of {@code targets} filled, after all of them were checked.
   *
   * @param targets shapes by name; who fills them knows where the values go
   * @param what what is being loaded, for the message
   * @throws CheckpointMismatchException if names or shapes differ; nothing has been read then
   * @throws IOException if the file cannot be read
   */
  public static void load(
      TensorFile tensors, Map<String, NDArray> targets, String what, Filling filling)
      throws IOException {
    Map<String, String> names = namesInFile(tensors, targets);
    check(tensors, names, targets, what);
    for (Map.Entry<String, NDArray> target : targets.entrySet()) {
      filling.fill(target.getKey(), nameOf(target, names));
    }
  }

  private static String nameOf(Map.Entry<String, NDArray> target, Map<String, String> names) {
    return names.getOrDefault(target.getKey(), target.getKey());
  }

  /**
   * Returns under which name a target is in the file, for those that are there under another one: of
   * tied tensors a file holds one, and which one is the choice of the library that wrote it.
   */
  private static Map<String, String> namesInFile(TensorFile tensors, Map<String, NDArray> targets) {
    if (tensors.names().containsAll(targets.keySet())) {
      return Map.of();
    }
    Map<String, String> ties = TiedTensors.find(targets);
    Map<String, String> found = new LinkedHashMap<>();
    for (String name : targets.keySet()) {
      if (tensors.names().contains(name)) {
        found.putIfAbsent(ties.getOrDefault(name, name), name);
      }
    }
    Map<String, String> names = new LinkedHashMap<>();
    for (String name : targets.keySet()) {
      String there = found.get(ties.getOrDefault(name, name));
      if (there != null && !tensors.names().contains(name)) {
        names.put(name, there);
      }
    }
    return names;
  }

  private static void check(
      TensorFile tensors, Map<String, String> names, Map<String, NDArray> targets, String what)
      throws IOException {
    List<String> problems = new ArrayList<>();
    for (Map.Entry<String, NDArray> target : targets.entrySet()) {
      String name = nameOf(target, names);
      if (!tensors.names().contains(name)) {
        problems.add("missing " + name + " " + target.getValue().getShape());
      } else if (!tensors.info(name).shape().equals(target.getValue().getShape())) {
        problems.add(
            name
                + " is "
                + tensors.info(name).shape()
                + " in the file and "
                + target.getValue().getShape()
                + " here");
      }
    }
    for (String name : tensors.names()) {
      if (!targets.containsKey(name)) {
        problems.add("unexpected " + name);
      }
    }
    if (!problems.isEmpty()) {
      throw CheckpointMismatchException.of(tensors.source(), what, problems);
    }
  }
}
