// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes models of folders, or of a configuration alone. */
final class PretrainedFolder {

  private static final Logger LOGGER = LoggerFactory.getLogger(PretrainedFolder.class);

  /** Files beside the configuration that a saved model keeps. */
  private static final List<String> COMPANIONS = List.of("generation_config.json");

  private PretrainedFolder() {}

  static PretrainedModel load(Path folder, Task task, LoadOptions options) throws IOException {
    PretrainedConfig config = PretrainedConfig.read(folder);
    try (ModelTensors tensors = ModelTensors.openPretrained(folder)) {
      return build(config, task, options, tensors, companions(folder));
    }
  }

  static PretrainedModel initialize(PretrainedConfig config, Task task, LoadOptions options) {
    try {
      return build(config, task, options, null, Map.of());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("nothing was to be read", e);
    }
  }

  private static Map<String, byte[]> companions(Path folder) throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String name : COMPANIONS) {
      Path file = folder.resolve(name);
      if (Files.isRegularFile(file)) {
        files.put(name, PretrainedConfig.readLimited(file));
      }
    }
    return files;
  }

  private static PretrainedModel build(
      PretrainedConfig given,
      Task task,
      LoadOptions options,
      @org.jspecify.annotations.Nullable ModelTensors tensors,
      Map<String, byte[]> companions)
      throws IOException {
    ModelFamily family = ModelFamilies.of(given, task);
    PretrainedConfig config =
        (options.labels() == null ? given : given.withLabels(options.labels()))
            .with("architectures", List.of(family.className() + family.suffix(task)))
            .withFloat32(); // whatever the folder held: these are the weights that are saved
    Device device = options.resolvedDevice();
    ConfigReader reader = new ConfigReader(config, tensors);
    Architecture architecture = family.create(reader, task, device);
    NDManager manager = NDManager.newBaseManager(device, "PyTorch");
    manager.setName("model " + family.modelType());
    try {
      reader.finish();
      TensorMatch match =
          TensorMatch.of(
              architecture, family.basePrefix(), tensors, options.ignoreMismatchedSizes());
      if (tensors != null) {
        match.report(LOGGER);
      }
      Map<String, NDArray> state =
          Seeds.with(options.seed(), () -> create(architecture, match, manager));
      if (tensors != null) {
        match.read(tensors, state);
      }
      return new PretrainedModel(config, task, architecture, manager, state, companions);
    } catch (Throwable e) { // Running out of memory, too, must not leave half a model behind.
      architecture.close();
      manager.close();
      throw e;
    }
  }

  private static Map<String, NDArray> create(
      Architecture architecture, TensorMatch match, NDManager manager) {
    Map<String, NDArray> state = new LinkedHashMap<>();
    try (ArrayScope scope = ArrayScope.open()) {
      for (TensorSpec spec : architecture.tensors()) {
        NDArray array =
            match.isFresh(spec.name())
                ? spec.initializer().create(manager, spec.shape())
                : manager.create(spec.shape(), ai.djl.ndarray.types.DataType.FLOAT32);
        state.put(spec.name(), ArrayScope.keep(array, manager));
        if (spec.trainable()) {
          array.setRequiresGradient(true);
        }
      }
    }
    return state;
  }
}
