// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

/**
 * The part of a run that a schedule looks at.
 *
 * @param baseLearningRate the rate that the factor multiplies; finite and at least 0. Bounds given
 *     as rates, such as {@code min_lr}, are relative to it, also for groups with a rate of their
 *     own
 * @param warmupSteps the updates of the warmup, from 0 to {@code totalSteps}
 * @param totalSteps the updates of the whole run, at least 1
 * @param greaterIsBetter whether a larger metric is the better one; only read by metric driven
 *     schedules
 */
public record ScheduleContext(
    double baseLearningRate, int warmupSteps, long totalSteps, boolean greaterIsBetter) {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value that is out of its range
   */
  public ScheduleContext {
    require(
        Double.isFinite(baseLearningRate) && baseLearningRate >= 0,
        "learningRate is " + baseLearningRate + ": give a finite rate that is at least 0.");
    require(
        totalSteps >= 1,
        "totalSteps is "
            + totalSteps
            + ": a run needs at least one update. Check the size of the training set,"
            + " numTrainEpochs and maxSteps.");
    require(
        warmupSteps >= 0,
        "warmupSteps is " + warmupSteps + ": give a number of updates that is at least 0.");
    require(
        warmupSteps <= totalSteps,
        "warmupSteps is "
            + warmupSteps
            + " but the run has only "
            + totalSteps
            + " updates, so the full learning rate would never be reached. Lower warmupSteps, give"
            + " it as a share below 1, or train longer.");
  }

  /** The linear warmup that most schedules share: 0 in the first update, 1 after the warmup. */
  double linearWarmup(long step) {
    return (double) step / Math.max(1, warmupSteps);
  }

  /** The share of the updates after the warmup that are done: (t - w) / (T - w). */
  double progress(long step) {
    return (double) (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
