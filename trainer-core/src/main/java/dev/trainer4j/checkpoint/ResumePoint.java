// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a run stands in its data and its random numbers: {@code rng_state.json}.
 *
 * <p>Random numbers are a function of seeds and position, so nothing else is needed to draw the
 * same ones again.
 *
 * @param seed the run's seed
 * @param dataSeed the seed of the sample order
 * @param datasetSize samples of one epoch; null for a stream
 * @param epoch passes over the data that are complete, from 0
 * @param samplesInEpoch samples consumed of the current pass
 * @param epochOver whether the pass is over, its evaluation and checkpoint included
 * @param epochStop whether a callback has asked in the last update to end the pass
 * @param epochEndServed whether the events of the end of the pass have fired behind the last update
 * @param samplesSeen samples consumed in all
 * @param stream what a stream says of where it stands ({@code ResumableDataset}); null for other data
 * @param losses sums behind the mean losses: value and weight by name; the empty name for the total,
 *     followed by gradient norm and learning rate of the last update
 * @param lossScale of a run in float16; null for others
 * @param numThreads threads within an operation, by which sums round; null if it was not chosen
 * @param frozen what required no gradients; null in checkpoints of before
 * @param samplesPerUpdate samples of a full update, of all ranks; null in checkpoints of before
 * @param updatesBeyond updates made beyond those that the position stands for, because updates had another
 *     size once; null, in checkpoints of before, for none
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record ResumePoint(
    long seed,
    long dataSeed,
    @Nullable Long datasetSize,
    long epoch,
    long samplesInEpoch,
    boolean epochOver,
    boolean epochStop,
    boolean epochEndServed,
    long samplesSeen,
    @Nullable Map<String, Object> stream,
    Map<String, double[]> losses,
    @Nullable LossScale lossScale,
    @Nullable Integer numThreads,
    @Nullable FrozenTensors frozen,
    @Nullable Long samplesPerUpdate,
    @Nullable Long updatesBeyond) {

  /** Returns this position with what else is needed to compute the same. */
  public ResumePoint with(
      @Nullable LossScale scale, @Nullable Integer threads, @Nullable FrozenTensors tensors) {
    return new ResumePoint(
        seed,
        dataSeed,
        datasetSize,
        epoch,
        samplesInEpoch,
        epochOver,
        epochStop,
        epochEndServed,
        samplesSeen,
        stream,
        losses,
        scale,
        threads,
        tensors,
        samplesPerUpdate,
        updatesBeyond);
  }
}
