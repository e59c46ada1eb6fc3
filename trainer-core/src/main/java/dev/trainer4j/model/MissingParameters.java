// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import dev.trainer4j.torch.MovableTensors;

/** Parameters that ranks have shared out among themselves, so that a model cannot compute by itself. */
public final class MissingParameters {

  private MissingParameters() {}

  /**
   * Refuses to compute without them: what libtorch would say of their shapes helps nobody.
   *
   * @throws IllegalStateException if a tensor of the model has no elements at the moment
   */
  public static void refuse(TrainableModel model) {
    if (!model.isInitialized()) {
      return; // What has no tensors yet has shared none.
    }
    model
        .state()
        .forEach(
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
