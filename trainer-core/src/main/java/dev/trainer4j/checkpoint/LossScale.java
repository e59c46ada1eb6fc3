// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * The loss scale of a run in float16, under the names of PyTorch's {@code GradScaler.state_dict()}.
 *
 * @param scale the factor of the loss
 * @param growthTracker updates without overflow since it last changed
 * @param skippedSteps updates that were skipped, which the schedule does not count
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record LossScale(double scale, int growthTracker, long skippedSteps) {

  /** Refuses what no run can have written. */
  public LossScale {
    if (!(scale > 0) || Double.isInfinite(scale) || growthTracker < 0 || skippedSteps < 0) {
      throw new IllegalArgumentException(
          "loss_scale must have a scale above 0 and counts of at least 0, but has "
              + scale
              + ", "
              + growthTracker
              + " and "
              + skippedSteps);
    }
  }
}
