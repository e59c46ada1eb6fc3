// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.args.InputTokenCount;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.TorchFunctions;

/** Counts what an update reads and computes: tokens of the model's main input, and operations. */
final class InputCount {

  private static final String IDS = "input_ids";
  private static final String MASK = "attention_mask";

  private final InputTokenCount which;
  private final TrainableModel model;
  private long tokens;
  private double flos;

  InputCount(InputTokenCount which, TrainableModel model) {
    this.which = which;
    this.model = model;
  }

  /** Begins an update. */
  void reset() {
    tokens = 0;
    flos = 0;
  }

  /** Counts a micro batch. */
  void add(ModelInputs inputs) {
    flos += model.floatingPointOperations(inputs);
    if (which == InputTokenCount.NO) {
      return;
    }
    NDArray ids = inputs.find(IDS).orElseGet(() -> inputs.get(inputs.names().iterator().next()));
    NDArray mask = inputs.find(MASK).orElse(null);
    tokens +=
        which == InputTokenCount.ALL || mask == null
            ? ids.size()
            : (long) TorchFunctions.number(mask.toType(DataType.INT64, false).sum());
  }

  /** Returns the tokens since {@link #reset}, on this rank. */
  long tokens() {
    return tokens;
  }

  /** Returns the floating point operations since {@link #reset}, on this rank. */
  double flos() {
    return flos;
  }
}
