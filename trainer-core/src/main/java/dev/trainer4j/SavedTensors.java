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
  private final Map<String, Map<String, NDArray>> others;
  private final NDManager manager;

  /**
   * Creates it.
   *
   * @param manager owns the tensors
   */
  SavedTensors(
      Map<String, NDArray> model,
      @Nullable Map<String, NDArray> optimizer,
      Map<String, Map<String, NDArray>> others,
      NDManager manager) {
    this.model = model;
    this.optimizer = optimizer;
    this.others = others;
    this.manager = manager;
  }

  /** Writes the files of the tensors; the other files of the model are not among them. */
  void write(CheckpointFiles files, long maxShardBytes) throws IOException {
    files.writeModel(new Weights(), maxShardBytes);
    if (optimizer != null) {
      files.writeOptimizer(optimizer);
    }
    for (Map.Entry<String, Map<String, NDArray>> file : others.entrySet()) {
      files.writeTensors(file.getKey(), file.getValue());
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
