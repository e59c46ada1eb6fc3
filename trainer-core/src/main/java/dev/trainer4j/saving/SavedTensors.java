// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.checkpoint.CheckpointFiles;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of one checkpoint: those that training changes, or a copy that stays as it is.
 *
 * @param model of the model, by name; null if they are written already
 * @param optimizer the optimizer's state, null if it is not saved
 * @param others what callbacks save, by file and name
 * @param check throws if one of them changed while it was written
 */
record SavedTensors(
    @Nullable Map<String, NDArray> model,
    @Nullable Map<String, NDArray> optimizer,
    Map<String, Map<String, NDArray>> others,
    Runnable check) {

  /**
   * Writes the files of the tensors; the other files of the model are not among them.
   *
   * @param modelFile the name of the model's
   */
  void write(CheckpointFiles files, String modelFile, long maxShardBytes) throws IOException {
    if (model != null) {
      files.writeModelTensors(modelFile, model, maxShardBytes);
    }
    if (optimizer != null) {
      files.writeOptimizer(optimizer);
    }
    for (Map.Entry<String, Map<String, NDArray>> file : others.entrySet()) {
      files.writeTensors(file.getKey(), file.getValue());
    }
    check.run();
  }
}
