// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.Map;
import org.immutables.value.Value;

/** The learning rate and how it moves. */
public interface ScheduleArguments {
  /**
   * The peak learning rate.
   *
   * @return at least 0; 5e-5 by default
   */
  @Value.Default
  default double learningRate() {
    return 5e-5;
  }

  /**
   * How the learning rate moves.
   *
   * @return {@link SchedulerType#LINEAR} by default
   */
  @Value.Default
  default SchedulerType lrSchedulerType() {
    return SchedulerType.LINEAR;
  }

  /**
   * What else the schedule takes, by the keys that {@link SchedulerType} lists. Once built, a whole number is an {@link Integer}, any
   * other a {@link Double}.
   *
   * @return empty by default
   */
  Map<String, Object> lrSchedulerKwargs();

  /**
   * How long the learning rate rises from 0 to its peak: a whole number of updates from 1 on, a share of all updates below 1.
   *
   * @return at least 0; 0 (no warmup) by default
   */
  @Value.Default
  default double warmupSteps() {
    return 0;
  }

  /**
   * The warmup in updates, a share rounded up.
   *
   * @param totalSteps the updates of the whole run
   * @return at least 0
   */
  default int warmupStepsFor(int totalSteps) {
    return Steps.resolve(warmupSteps(), totalSteps);
  }
}
