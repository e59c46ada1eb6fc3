// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.Batch;
import dev.trainer4j.data.BatchIterator;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.Seeds;

/** Creates parameters whose shapes depend on the data, from a first batch and the run's seed. */
public final class ModelInitialization {

  private ModelInitialization() {}

  public static void run(TrainableModel model, DataLoader loader, NDManager manager, long seed) {
    if (model.isInitialized()) {
      return;
    }
    try (BatchIterator batches = loader.iterate(manager, 0, 0)) {
      if (batches.hasNext()) {
        try (Batch first = batches.next()) {
          if (first.isEmpty()) {
            throw new IllegalStateException(
                "this rank has no sample in the first round, from which the model's parameters get their"
                    + " shapes; give more data, or initialize the block beforehand");
          }
          Seeds.run(seed, () -> model.initialize(first.inputs()));
        }
      }
    }
  }
}
