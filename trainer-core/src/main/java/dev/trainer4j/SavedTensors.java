// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.TorchFunctions;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tensors of one checkpoint: those that training changes, or a copy that stays as it is. */
final class SavedTensors implements AutoCloseable {

  private final Map<String, NDArray> model;
  private final @Nullable Map<String, NDArray> optimizer;
  private final NDManager manager;
  private final boolean owned;

  private SavedTensors(
      Map<String, NDArray> model,
      @Nullable Map<String, NDArray> optimizer,
      NDManager manager,
      boolean owned) {
    this.model = model;
    this.optimizer = optimizer;
    this.manager = manager;
    this.owned = owned;
  }

  /** The tensors themselves; to be written before the next update. */
  static SavedTensors live(
      Map<String, NDArray> model, @Nullable Map<String, NDArray> optimizer, NDManager manager) {
    return new SavedTensors(model, optimizer, manager, false);
  }

  /** A copy in host memory, freed when this is closed, by whatever thread. */
  static SavedTensors copy(Map<String, NDArray> model, @Nullable Map<String, NDArray> optimizer) {
    NDManager owner = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    owner.setName("snapshot for a checkpoint");
    try {
      return new SavedTensors(
          copy(model, owner), optimizer == null ? null : copy(optimizer, owner), owner, true);
    } catch (RuntimeException | Error e) {
      owner.close();
      throw e;
    }
  }

  private static Map<String, NDArray> copy(Map<String, NDArray> arrays, NDManager owner) {
    Map<String, NDArray> copies = new LinkedHashMap<>();
    arrays.forEach((name, array) -> copies.put(name, TorchFunctions.toCpu(array, owner)));
    return copies;
  }

  /** Writes the files of the tensors; the other files of the model are not among them. */
  void write(CheckpointFiles files, long maxShardBytes) throws IOException {
    files.writeModel(new Weights(), maxShardBytes);
    if (optimizer != null) {
      files.writeOptimizer(optimizer);
    }
  }

  boolean isOpen() {
    return manager.isOpen();
  }

  @Override
  public void close() {
    if (owned) {
      manager.close();
    }
  }

  /** A model that can be saved, and nothing else. */
  private final class Weights implements TrainableModel {
    @Override
    public ModelOutput forward(ModelInputs inputs, boolean training) {
      throw new UnsupportedOperationException("a snapshot");
    }

    @Override
    public List<NamedParameter> parameters() {
      throw new UnsupportedOperationException("a snapshot");
    }

    @Override
    public Map<String, NDArray> state() {
      return model;
    }

    @Override
    public NDManager manager() {
      return manager;
    }

    @Override
    public void close() {}
  }
}
