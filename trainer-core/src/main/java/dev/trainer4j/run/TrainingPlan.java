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
 * @param updatesBeyond updates made beyond those that the position in the data stands for, as updates had
 *     another size before a resume; negative if they were fewer
 */
public record TrainingPlan(
    OptionalLong samples,
    long microBatchesPerEpoch,
    long updatesPerEpoch,
    long maxSteps,
    long numTrainEpochs,
    int microBatchesPerUpdate,
    long totalBatchSize,
    long updatesBeyond) {

  /** The plan of a trainer that does not train. */
  public static TrainingPlan none() {
    return new TrainingPlan(OptionalLong.empty(), 1, 1, 0, 0, 1, 0, 0);
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
          total,
          0);
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
        loader.sampleCount(), batches, updates, maxSteps, epochs, accumulation, total, 0);
  }

  /**
   * Returns the plan of a run that has made {@code beyond} updates more than its position stands for: what is
   * left of its epochs, or of its {@code maxSteps}, comes behind them.
   */
  TrainingPlan goingOn(long beyond, DurationArguments args) {
    if (beyond == 0 || samples.isEmpty()) {
      return this;
    }
    boolean bySteps = args.maxSteps() > 0;
    return new TrainingPlan(
        samples,
        microBatchesPerEpoch,
        updatesPerEpoch,
        bySteps ? maxSteps : Math.max(0, maxSteps + beyond),
        bySteps ? ceilDiv(Math.max(0, maxSteps - beyond), updatesPerEpoch) : numTrainEpochs,
        microBatchesPerUpdate,
        totalBatchSize,
        beyond);
  }

  /** Returns how many updates of this plan lead to a position in data with an index. */
  long updatesAt(long epoch, long samplesInEpoch) {
    long round = totalBatchSize / microBatchesPerUpdate;
    long size = samples.orElseThrow();
    boolean drops = size % round != 0 && microBatchesPerEpoch == size / round;
    long left = Math.max(0, size - samplesInEpoch);
    long rounds = drops ? left / round : ceilDiv(left, round);
    return (epoch + 1) * updatesPerEpoch
        - Math.min(updatesPerEpoch, ceilDiv(rounds, microBatchesPerUpdate));
  }

  private static long ceilDiv(long a, long b) {
    return (a + b - 1) / b;
  }
}
