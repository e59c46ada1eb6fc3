// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.OptionalDouble;
import java.util.Set;
import org.immutables.value.Value;

/** When a run is evaluated and what an evaluation keeps. */
public interface EvaluationArguments {
  /**
   * When to evaluate.
   *
   * @return {@link IntervalStrategy#NO} by default
   */
  @Value.Default
  default IntervalStrategy evalStrategy() {
    return IntervalStrategy.NO;
  }

  /**
   * The updates between two evaluations: a whole number from 1 on, a share of all updates below 1.
   *
   * @return unset by default, which means {@link LoggingArguments#loggingSteps()}
   */
  OptionalDouble evalSteps();

  /**
   * What must have passed before the first evaluation, in epochs or updates after the strategy.
   *
   * @return at least 0; 0 by default
   */
  @Value.Default
  default double evalDelay() {
    return 0;
  }

  /**
   * The samples of one evaluation batch, per device.
   *
   * @return at least 1; 8 by default
   */
  @Value.Default
  default int perDeviceEvalBatchSize() {
    return 8;
  }

  /**
   * Whether an evaluation keeps the loss alone and drops every prediction.
   *
   * @return false by default
   */
  @Value.Default
  default boolean predictionLossOnly() {
    return false;
  }

  /**
   * Whether to evaluate once before the first update.
   *
   * @return false by default
   */
  @Value.Default
  default boolean evalOnStart() {
    return false;
  }

  /**
   * What a metric sees besides predictions and labels: {@code inputs}, {@code loss}.
   *
   * @return empty by default
   */
  Set<String> includeForMetrics();
}
