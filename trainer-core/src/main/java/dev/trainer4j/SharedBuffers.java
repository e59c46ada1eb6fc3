// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.TiedTensors;
import java.util.List;
import java.util.Set;

/**
 * What a forward pass changes by itself, such as running means: each rank's follow its own samples, so rank 0's
 * are given to all.
 */
final class SharedBuffers {

  private static final Set<DataType> GIVEN =
      Set.of(DataType.FLOAT32, DataType.FLOAT64, DataType.INT64);

  private final ProcessGroup processes;
  private final List<NDArray> buffers;

  SharedBuffers(TrainingArguments args, TrainableModel model, ProcessGroup processes) {
    this.processes = processes;
    boolean shared = processes.worldSize() > 1 && args.ddpBroadcastBuffers().orElse(true);
    buffers = shared ? buffers(model) : List.of();
  }

  private static List<NDArray> buffers(TrainableModel model) {
    return TiedTensors.distinct(model.state()).entrySet().stream()
        .filter(tensor -> model.isChangedByForward(tensor.getKey()))
        .map(tensor -> tensor.getValue())
        .filter(tensor -> GIVEN.contains(tensor.getDataType()))
        .toList();
  }

  /** Makes those of rank 0 those of all. A collective. */
  void give() {
    if (buffers.isEmpty()) {
      return;
    }
    try (Autograd.Recording off = Autograd.record(false)) {
      buffers.forEach(buffer -> processes.broadcast(buffer, 0));
    }
  }
}
