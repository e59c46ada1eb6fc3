// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import dev.trainer4j.args.DurationArguments;
import dev.trainer4j.checkpoint.ResumePoint;
import dev.trainer4j.checkpoint.pytorch.HuggingFaceCheckpoint;
import java.util.Objects;

/**
 * Where a run stands that goes on from a checkpoint, and how long it is from there.
 *
 * <ul>
 *   <li>With the same number of samples it goes on with the very next one. If updates have another size now,
 *       those that are left are counted anew, so the run ends where its epochs end and the schedule with it.
 *   <li>With another number of samples the position of the checkpoint says nothing. As in Hugging Face's
 *       Trainer, the run is that of the new data, and stands where as many updates of it would have led.
 * </ul>
 *
 * @param plan how long the run is
 * @param point where it stands
 * @param otherData whether the number of samples is another one
 */
public record Continuation(TrainingPlan plan, ResumePoint point, boolean otherData) {

  /**
   * Works it out.
   *
   * @param plan of a run of these data from the start
   * @param point of the checkpoint
   * @param globalStep of the checkpoint
   * @param samplesPerUpdate of the run that wrote it
   */
  public static Continuation of(
      TrainingPlan plan,
      DurationArguments args,
      ResumePoint point,
      long globalStep,
      long samplesPerUpdate) {
    Long size = plan.samples().isPresent() ? plan.samples().getAsLong() : null;
    if (!Objects.equals(size, point.datasetSize())) {
      ResumePoint moved =
          HuggingFaceCheckpoint.position(
              globalStep,
              plan.updatesPerEpoch(),
              plan.totalBatchSize(),
              plan.samples().orElse(Long.MAX_VALUE),
              point);
      return new Continuation(plan, moved, true);
    }
    Long known = point.updatesBeyond();
    long beyond = known == null ? 0 : known;
    if (size != null && samplesPerUpdate != plan.totalBatchSize()) {
      long epoch = point.epochOver() ? point.epoch() + 1 : point.epoch();
      beyond = globalStep - plan.updatesAt(epoch, point.epochOver() ? 0 : point.samplesInEpoch());
    }
    return new Continuation(plan.goingOn(beyond, args), point, false);
  }
}
