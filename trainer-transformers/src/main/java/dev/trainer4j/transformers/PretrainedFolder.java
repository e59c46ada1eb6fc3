// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.pytorch.PytorchWeights;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.ConfigReader;
import dev.trainer4j.transformers.architecture.ModelFamily;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes models of folders, or of a configuration alone. */
final class PretrainedFolder {

  private static final Logger LOGGER = LoggerFactory.getLogger(PretrainedFolder.class);

  private PretrainedFolder() {}

  static PretrainedModel load(Path folder, Task task, LoadOptions options) throws IOException {
    PretrainedConfig config = PretrainedConfig.read(folder);
    try (ModelTensors tensors = ModelTensors.openPretrained(folder, PytorchWeights.FORMAT)) {
      return build(config, task, options, tensors, ModelFiles.read(folder));
    }
  }

  static PretrainedModel initialize(PretrainedConfig config, Task task, LoadOptions options) {
    try {
      return build(config, task, options, null, ModelFiles.none());
    } catch (IOException e) {
      throw new UncheckedIOException("nothing was to be read", e);
    }
  }

  private static PretrainedModel build(
      PretrainedConfig given,
      Task task,
      LoadOptions options,
      @Nullable ModelTensors tensors,
      ModelFiles files)
      throws IOException {
    ModelFamily family = ModelFamilies.of(given, task);
    Dtype dtype = options.dtype() == null ? dtypeOf(given, tensors) : options.dtype();
    PretrainedConfig config =
        options
            .applied(given)
            .with("architectures", List.of(family.className() + family.suffix(task)))
            .withDtype(dtype); // whatever the folder held: these are the weights that are saved
    Device device = options.resolvedDevice();
    ConfigReader reader = new ConfigReader(config, tensors);
    Architecture architecture = family.create(reader, task, device);
    NDManager manager = NDManager.newBaseManager(device, "PyTorch");
    manager.setName("model " + family.modelType());
    try {
      reader.finish();
      QuantizedLoading quantization =
          QuantizedLoading.of(given, options, tensors, architecture, manager);
      TensorMatch match =
          TensorMatch.of(
              architecture,
              family.basePrefix(),
              quantization.folder(tensors),
              options.ignoreMismatchedSizes());
      if (tensors != null) {
        if (!options.newHead()) {
          match.requireAll(tensors.source().toString());
        }
        match.report(LOGGER);
      }
      DeferredWeights deferred = null;
      Map<String, NDArray> state;
      if (options.deferredWeights()) {
        deferred =
            new DeferredWeights(
                architecture,
                dtype,
                manager,
                options.seed(),
                files.folder(),
                tensors,
                match.sources(),
                quantization);
        state = deferred.tensors();
      } else {
        LoadedWeights weights = new LoadedWeights(architecture, dtype, manager, quantization);
        Seeds.with(options.seed(), () -> weights.create(match.fresh()));
        if (tensors != null) {
          weights.read(tensors, match.sources());
        }
        state = weights.state();
      }
      quantization.report(LOGGER);
      return new PretrainedModel(
          new ModelCore(
              quantization.describedIn(config),
              task,
              dtype,
              architecture,
              manager,
              state,
              quantization.weights(),
              deferred,
              files,
              options.seed()));
    } catch (Throwable e) { // Running out of memory, too, must not leave half a model behind.
      architecture.close();
      manager.close();
      throw e;
    }
  }

  /** The type of a folder, or of a configuration alone, where the options leave it to them. */
  private static Dtype dtypeOf(PretrainedConfig config, @Nullable ModelTensors tensors)
      throws IOException {
    Optional<Dtype> named = config.dtype();
    if (named.isPresent() || tensors == null) {
      return named.orElse(Dtype.FLOAT32);
    }
    for (String name : tensors.names()) {
      Optional<Dtype> found = Dtype.of(tensors.info(name).type());
      if (found.isPresent()) {
        return found.get();
      }
    }
    return Dtype.FLOAT32;
  }
}
