// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import dev.trainer4j.args.DurationArguments;
import dev.trainer4j.data.DataLoader;
import java.util.OptionalLong;

/**
 * The numbers of a run: how long it is, in updates and in epochs.
 *
 * @param samples in one epoch; empty for a stream
 * @param microBatchesPerEpoch micro batches of one epoch; for a stream those of the whole run
 * @param updatesPerEpoch updates of one epoch; the last one of an epoch may be smaller
 * @param maxSteps updates of the run
 * @param numTrainEpochs epochs of the run, rounded up; the largest number for a stream
 * @param microBatchesPerUpdate gradient accumulation steps
 * @param totalBatchSize samples in a full update, over all processes
 */
public record TrainingPlan(
    OptionalLong samples,
    long microBatchesPerEpoch,
    long updatesPerEpoch,
    long maxSteps,
    long numTrainEpochs,
    int microBatchesPerUpdate,
    long totalBatchSize) {

  /** The plan of a trainer that does not train. */
  public static TrainingPlan none() {
    return new TrainingPlan(OptionalLong.empty(), 1, 1, 0, 0, 1, 0);
  }

  public static TrainingPlan of(DataLoader loader, DurationArguments args, int worldSize) {
    int accumulation = args.gradientAccumulationSteps();
    long total = (long) loader.batchSize() * accumulation * worldSize;
    if (loader.batchesPerEpoch().isEmpty()) {
      if (args.maxSteps() <= 0) {
        throw new IllegalArgumentException(
            "the training data has no length and maxSteps is "
                + args.maxSteps()
                + "; set maxSteps to the number of updates, or pass a Dataset with a size");
      }
      return new TrainingPlan(
          OptionalLong.empty(),
          Math.multiplyExact((long) args.maxSteps(), accumulation),
          args.maxSteps(),
          args.maxSteps(),
          Long.MAX_VALUE,
          accumulation,
          total);
    }
    long batches = loader.batchesPerEpoch().getAsLong();
    if (batches == 0) {
      throw new IllegalArgumentException(
          "the training data gives no batch: it has "
              + loader.sampleCount().orElse(0)
              + " samples and the batch size is "
              + loader.batchSize()
              + "; add data, or do not drop the last partial batch (dataloaderDropLast)");
    }
    long updates = Math.max(1, ceilDiv(batches, accumulation));
    boolean bySteps = args.maxSteps() > 0;
    long maxSteps = bySteps ? args.maxSteps() : (long) Math.ceil(args.numTrainEpochs() * updates);
    long epochs =
        bySteps ? ceilDiv(args.maxSteps(), updates) : (long) Math.ceil(args.numTrainEpochs());
    return new TrainingPlan(
        loader.sampleCount(), batches, updates, maxSteps, epochs, accumulation, total);
  }

  private static long ceilDiv(long a, long b) {
    return (a + b - 1) / b;
  }
}
