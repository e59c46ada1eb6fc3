// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

import java.util.Map;

/**
 * Says by how much the base learning rate of every parameter group is multiplied in an update.
 *
 * <p>Most schedules are pure functions of the update and may be used from any thread. The metric
 * driven ones hold a state that is saved and restored; they belong to the thread of one run.
 */
@FunctionalInterface
public interface LearningRateScheduler {

  /**
   * Returns the factor on the base learning rate of every group.
   *
   * @param step the 0-based number of the update about to be made; steps beyond the planned total
   *     are allowed
   * @return a factor that is at least 0; the current one, whatever the step, when metric driven
   */
  double factor(long step);

  /** Whether the factor follows an evaluation metric; false by default. */
  default boolean isMetricDriven() {
    return false;
  }

  /**
   * Receives the metric after each evaluation; only metric driven schedules react.
   *
   * @param metric the value of the metric for the best model; one that is not finite never counts
   *     as an improvement
   */
  default void onMetric(double metric) {}

  /** Returns what {@link #restore} needs, as JSON values; empty when there is nothing to save. */
  default Map<String, Object> state() {
    return Map.of();
  }

  /**
   * Continues from a saved state. Settings such as patience are not part of it: those of this run
   * win.
   *
   * @throws IllegalArgumentException if an entry is missing or is not a number
   */
  default void restore(Map<String, Object> state) {}
}
