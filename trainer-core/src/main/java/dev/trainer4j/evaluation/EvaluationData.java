// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.evaluation;

import dev.trainer4j.data.DataLoader;
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
}
