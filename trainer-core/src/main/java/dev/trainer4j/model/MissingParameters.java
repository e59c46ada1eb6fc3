// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.torch.MovableTensors;
import java.util.Map;

/** Parameters that ranks have shared out among themselves, so that a model cannot compute by itself. */
public final class MissingParameters {

  private MissingParameters() {}

  /**
   * Refuses to compute without them: what libtorch would say of their shapes helps nobody.
   *
   * @throws IllegalStateException if a tensor of the model has no elements at the moment
   */
  public static void refuse(TrainableModel model) {
    if (model.isInitialized()) { // What has no tensors yet has shared none.
      refuse(model.state());
    }
  }

  /** The same of some of its tensors, by name: what a segment reads is there, where others are not. */
  static void refuse(Map<String, NDArray> tensors) {
    tensors.forEach(
        (name, array) -> {
          if (MovableTensors.isDisplaced(array)) {
            throw new IllegalStateException(
                "parameter "
                    + name
                    + " is shared out among ranks (ZeRO-3, FULL_SHARD), and this rank does not have it whole:"
                    + " run the model by the trainer's evaluate or predict, which all ranks call, or close the"
                    + " trainer first, which gives the model back; where no rank ever had it whole, load what"
                    + " saveModel has written");
          }
        });
  }
}
