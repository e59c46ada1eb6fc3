// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.TiedTensors;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Makes the models of all ranks one: what differs is an error, and rank 0's weights count. */
public final class SameModel {

  private static final Set<DataType> GIVEN =
      Set.of(DataType.FLOAT32, DataType.FLOAT64, DataType.INT64);

  private SameModel() {}

  /**
   * Compares the parameters, and gives all ranks the values of rank 0. A collective.
   *
   * @param whole the tensors that every rank has whole
   * @throws IllegalArgumentException on all ranks, if their parameters are not the same
   */
  public static void align(
      ProcessGroup processes, TrainableModel model, Map<String, NDArray> whole) {
    new Agreement(processes)
        .requireSame(
            "the model's parameters",
            model.parameters().stream()
                .map(p -> p.name() + p.array().getShape())
                .collect(Collectors.joining(", ")));
    try (Autograd.Recording off = Autograd.record(false)) {
      for (NDArray tensor : TiedTensors.distinct(whole).values()) {
        if (GIVEN.contains(tensor.getDataType())) {
          processes.broadcast(tensor, 0);
        }
      }
    }
  }
}
