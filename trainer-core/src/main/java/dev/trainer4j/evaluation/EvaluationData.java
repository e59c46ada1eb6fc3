// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.evaluation;

import dev.trainer4j.data.DataLoader;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.process.ProcessGroup;
import java.util.OptionalLong;

/** What an evaluation needs of its data. */
public final class EvaluationData {

  private EvaluationData() {}

  /** Returns why a loader gives no batch, as the end of a sentence that begins with the data; empty if it does or may. */
  public static String problem(DataLoader loader) {
    OptionalLong batches = loader.batchesPerEpoch();
    long samples = loader.sampleCount().orElse(0);
    if (batches.isEmpty() || batches.getAsLong() > 0 || samples == 0) {
      return "";
    }
    int ranks = loader.worldSize();
    return "has "
        + samples
        + (samples == 1 ? " sample" : " samples")
        + ", all of which dataloaderDropLast drops: the batch size is "
        + loader.batchSize()
        + (ranks == 1 ? "" : " on each of " + ranks + " ranks")
        + " (perDeviceEvalBatchSize). Lower it, give more samples, or set dataloaderDropLast(false)";
  }

  /**
   * Checks on all ranks that they evaluate shares of the same data: what they predict is put together batch by batch.
   *
   * @throws IllegalStateException on all ranks, if they have unequally many samples; a rank is named
   * @throws IllegalArgumentException if the loader is for another number of ranks
   */
  static void requireShared(DataLoader loader, ProcessGroup processes) {
    if (processes.worldSize() == 1) {
      return;
    }
    Agreement agreement = new Agreement(processes);
    OptionalLong samples = loader.sampleCount();
    agreement.requireSame(
        "the evaluation data",
        (samples.isPresent() ? samples.getAsLong() + " samples" : "a stream")
            + " in batches of "
            + loader.batchSize());
    if (loader.worldSize() != processes.worldSize()) {
      throw new IllegalArgumentException(
          "the loader of the evaluation data is for "
              + loader.worldSize()
              + " ranks, but "
              + processes.worldSize()
              + " evaluate together; give DataLoaderOptions world(rank, worldSize)");
    }
  }
}
