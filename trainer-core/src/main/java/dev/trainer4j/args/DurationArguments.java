// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.time.Duration;
import java.util.Optional;
import org.immutables.value.Value;

/** How long a run is and how much one update sees. */
public interface DurationArguments {
  /**
   * The epochs to train. A fraction ends inside the last epoch. Ignored when {@link #maxSteps()} is set.
   *
   * @return more than 0; 3 by default
   */
  @Value.Default
  default double numTrainEpochs() {
    return 3.0;
  }

  /**
   * The updates to train. When set it wins over {@link #numTrainEpochs()} and repeats the data as needed; data without a length
   * needs it.
   *
   * @return at least 1, or -1 (the default) for not set
   */
  @Value.Default
  default int maxSteps() {
    return -1;
  }

  /**
   * The time that one call of {@code train()} may take. When it is over, the update in progress is finished, a checkpoint is saved
   * and {@code train()} returns; resume to go on.
   *
   * @return more than 0; unset by default, which means no limit
   */
  Optional<Duration> maxTrainTime();

  /**
   * The samples of one micro batch, per device.
   *
   * @return at least 1; 8 by default
   */
  @Value.Default
  default int perDeviceTrainBatchSize() {
    return 8;
  }

  /**
   * The micro batches of one update. Wherever arguments, logs and callbacks say step, they mean an update.
   *
   * @return at least 1; 1 by default
   */
  @Value.Default
  default int gradientAccumulationSteps() {
    return 1;
  }
}
