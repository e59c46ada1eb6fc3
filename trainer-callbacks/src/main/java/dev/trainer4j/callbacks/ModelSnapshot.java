// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.TorchFunctions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model as it was: its tensors in host memory, and in a temporary folder whatever it saves beside
 * them, such as the buffers of a TorchScript model.
 */
final class ModelSnapshot implements AutoCloseable {

  private final Map<String, NDArray> copies = new LinkedHashMap<>();
  private @Nullable NDManager owner;
  private @Nullable TrainableModel model;
  private @Nullable Path extras;

  void take(TrainableModel model) {
    try {
      extras = Files.createTempDirectory("trainer4j-snapshot");
      model.saveExtras(extras);
    } catch (IOException e) {
      throw new UncheckedIOException("the model cannot be kept as it is: " + e.getMessage(), e);
    }
    NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    manager.setName("snapshot of a model");
    owner = manager;
    model.state().forEach((name, array) -> copies.put(name, TorchFunctions.toCpu(array, manager)));
    this.model = model;
  }

  /** Puts the values back into the model's own arrays; nothing if none were taken. */
  void restore() {
    if (model == null || extras == null) {
      return;
    }
    try {
      if (!files(extras).isEmpty()) {
        model.loadExtras(extras);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the model cannot be restored: " + e.getMessage(), e);
    }
    List<NDArray> targets = new ArrayList<>();
    List<NDArray> sources = new ArrayList<>();
    model
        .state()
        .forEach(
            (name, array) -> {
              targets.add(array);
              sources.add(Objects.requireNonNull(copies.get(name), name));
            });
    TorchFunctions.copy(targets, sources);
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> !file.equals(folder)).sorted(Comparator.reverseOrder()).toList();
    }
  }

  @Override
  public void close() {
    if (owner != null) {
      owner.close();
    }
    if (extras != null) {
      try {
        for (Path file : files(extras)) {
          Files.delete(file);
        }
        Files.delete(extras);
      } catch (IOException e) {
        throw new UncheckedIOException(
            "the temporary folder " + extras + " cannot be deleted: " + e.getMessage(), e);
      }
    }
  }
}
