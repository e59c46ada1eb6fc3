// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tensors of one checkpoint: those that training changes, or a copy that stays as it is. */
final class SavedTensors {

  private final Map<String, NDArray> model;
  private final @Nullable Map<String, NDArray> optimizer;
  private final NDManager manager;

  private SavedTensors(
      Map<String, NDArray> model, @Nullable Map<String, NDArray> optimizer, NDManager manager) {
    this.model = model;
    this.optimizer = optimizer;
    this.manager = manager;
  }

  /** The tensors themselves; to be written before the next update. */
  static SavedTensors live(
      Map<String, NDArray> model, @Nullable Map<String, NDArray> optimizer, NDManager manager) {
    return new SavedTensors(model, optimizer, manager);
  }

  /** A copy in {@code memory}, which is not to be used again before this is written. */
  static SavedTensors copy(
      Map<String, NDArray> model, @Nullable Map<String, NDArray> optimizer, SnapshotMemory memory) {
    return new SavedTensors(
        memory.copy("model", model),
        optimizer == null ? null : memory.copy("optimizer", optimizer),
        memory.owner());
  }

  /** Writes the files of the tensors; the other files of the model are not among them. */
  void write(CheckpointFiles files, long maxShardBytes) throws IOException {
    files.writeModel(new Weights(), maxShardBytes);
    if (optimizer != null) {
      files.writeOptimizer(optimizer);
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
