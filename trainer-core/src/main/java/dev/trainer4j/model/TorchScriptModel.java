// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.Devices;
import dev.trainer4j.torch.EngineMessage;
import dev.trainer4j.torch.TiedTensors;
import dev.trainer4j.torch.TorchEngine;
import dev.trainer4j.torch.TorchScriptModule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A TorchScript file as a model, with dropout on from the first training step.
 *
 * <p>An output called {@code loss} is taken as the mean loss of the micro batch; a single array is
 * {@code logits}. Buffers, such as running means, are not visible as arrays; checkpoints therefore
 * hold the whole module as {@code model.pt} beside {@code model.safetensors}.
 *
 * <p>A TorchScript file is a program: its {@code forward} may compute as long and take as much memory as it
 * likes. What nests so deep that libtorch's parsers would overflow their stack is refused, and the positions of
 * sources, which libtorch trusts, are kept from it; other damage may still end the JVM there. Load only files whose
 * author you would let run code.
 */
public final class TorchScriptModel implements TrainableModel {

  private static final String MODULE_FILE = "model.pt";

  private final NDManager manager;
  private final List<String> inputNames;
  private TorchScriptModule module;
  private Map<String, String> ties;

  private TorchScriptModel(NDManager manager, List<String> inputNames, TorchScriptModule module) {
    this.manager = manager;
    this.inputNames = inputNames;
    this.module = module;
    ties = TiedTensors.find(state(module));
  }

  /**
   * Loads {@code file} onto the first GPU, or the CPU where there is none.
   *
   * @param inputNames the collator's names in the order of the arguments of {@code forward}
   * @throws IOException if the file is missing or is no TorchScript file
   */
  public static TorchScriptModel load(Path file, String... inputNames) throws IOException {
    return load(file, Devices.best(), inputNames);
  }

  /** Loads {@code file} onto {@code device}. */
  public static TorchScriptModel load(Path file, Device device, String... inputNames)
      throws IOException {
    if (inputNames.length == 0) {
      throw new IllegalArgumentException(
          "inputNames is empty; name the collator's arrays in the order of forward's arguments");
    }
    NDManager manager = TorchEngine.get().newBaseManager(Devices.require("device", device));
    try {
      return new TorchScriptModel(
          manager, List.of(inputNames), TorchScriptModule.load(file, manager));
    } catch (IOException | RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  @Override
  public ModelOutput forward(ModelInputs inputs, boolean training) {
    NDList list = new NDList(inputNames.size());
    for (String name : inputNames) {
      list.add(
          inputs
              .find(name)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "the TorchScript model was loaded with the inputNames "
                              + inputNames
                              + ", but the batch has no '"
                              + name
                              + "': it has "
                              + inputs.names()
                              + "; name what the collator makes, in the order of forward's arguments")));
    }
    NDList outputs = run(inputs, list, training);
    Map<String, NDArray> named = new LinkedHashMap<>();
    for (int i = 0; i < outputs.size(); i++) {
      String name = outputs.get(i).getName();
      named.put(name != null ? name : i == 0 ? "logits" : "output_" + i, outputs.get(i));
    }
    NDArray loss = named.remove("loss");
    ModelOutput output = ModelOutput.of(named);
    return loss == null ? output : output.withLoss(LossOutput.mean(loss));
  }

  private NDList run(ModelInputs inputs, NDList list, boolean training) {
    try {
      return module.forward(list, training);
    } catch (EngineException | UnsupportedOperationException e) {
      if (EngineMessage.isOutOfMemory(e)) {
        throw e;
      }
      MissingParameters.refuse(this);
      Map<String, NDArray> given = new LinkedHashMap<>();
      inputNames.forEach(name -> given.put(name, inputs.get(name)));
      throw PassFailure.of(
          "the TorchScript model does not take",
          PassFailure.describe(given),
          "Its forward gets these in this order, that of inputNames, and must return a tensor, a tuple or"
              + " a dictionary of tensors; give it the shapes and types that it was scripted for",
          e);
    }
  }

  @Override
  public List<NamedParameter> parameters() {
    return module.parameters().stream()
        .filter(array -> array.hasGradient() && !ties.containsKey(array.getName()))
        .map(array -> NamedParameter.of(array.getName(), array))
        .toList();
  }

  @Override
  public Map<String, NDArray> state() {
    return state(module);
  }

  private static Map<String, NDArray> state(TorchScriptModule module) {
    Map<String, NDArray> state = new LinkedHashMap<>();
    module.parameters().forEach(array -> state.put(array.getName(), array));
    return state;
  }

  @Override
  public Optional<Set<String>> lossParts() {
    return Optional.of(Set.of());
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  @Override
  public void saveExtras(Path folder) throws IOException {
    module.save(folder.resolve(MODULE_FILE));
  }

  @Override
  public void loadExtras(Path folder) throws IOException {
    TorchScriptModule loaded = TorchScriptModule.load(folder.resolve(MODULE_FILE), manager);
    module.close();
    module = loaded;
    ties = TiedTensors.find(state());
  }

  @Override
  public void close() {
    module.close();
    manager.close();
  }
}
