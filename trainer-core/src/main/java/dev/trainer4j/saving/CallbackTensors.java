// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.torch.ArrayScope;
import java.io.IOException;
import java.util.Map;

/** Gives callbacks the tensors back that a checkpoint holds for them. */
final class CallbackTensors {

  private CallbackTensors() {}

  static void restore(CallbackDispatcher callbacks, CheckpointFiles files, NDManager manager)
      throws IOException {
    for (String name : callbacks.tensorFiles()) {
      try (ArrayScope scope = ArrayScope.open();
          NDManager host = manager.newSubManager(Device.cpu())) {
        Map<String, NDArray> saved = files.readTensors(name, host);
        if (!saved.isEmpty()) {
          callbacks.restoreTensors(name, saved);
        }
      }
    }
  }
}
