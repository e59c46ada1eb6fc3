// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.evaluation;

import dev.trainer4j.args.CheckpointArguments;
import dev.trainer4j.run.TrainingProgress;
import java.util.Map;

/**
 * Decides which evaluation was the best, and whether its weights are saved for that.
 *
 * <p>The weights that earned the best metric are saved at the evaluation itself, whatever the
 * cadence of checkpoints, so the best model loaded at the end is the one whose metric is reported.
 */
public final class BestMetric {

  private final CheckpointArguments args;

  public BestMetric(CheckpointArguments args) {
    this.args = args;
  }

  /** Notes an evaluation; returns whether it is the best so far. */
  public boolean isNewBest(Map<String, Double> metrics, TrainingProgress progress) {
    if (args.metricForBestModel().isEmpty() && !args.savesBest()) {
      return false;
    }
    double value = metric(metrics);
    boolean greater = args.resolvedGreaterIsBetter();
    Double before = progress.bestMetric();
    // As in Hugging Face's Trainer: not a number is never the best, not even as the first, but
    // there was
    // an evaluation, which is how early stopping knows a second one.
    double best =
        before == null ? (greater ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY) : before;
    if (before == null) {
      progress.best(best, null);
    }
    boolean better = greater ? value > best : value < best;
    if (better) {
      boolean checkpoints = args.savesRegularly() || args.savesBest();
      progress.best(value, checkpoints ? Long.valueOf(progress.globalStep()) : null);
    }
    return better;
  }

  /**
   * Returns the metric that decides.
   *
   * @throws IllegalArgumentException if the evaluation has none of that name
   */
  public double metric(Map<String, Double> metrics) {
    String name = args.resolvedMetricForBestModel();
    String key = name.startsWith("eval_") ? name : "eval_" + name;
    Double value = metrics.get(key);
    if (value == null) {
      throw new IllegalArgumentException(
          "metricForBestModel is '"
              + name
              + "', but the evaluation gave no "
              + key
              + "; it gave "
              + metrics.keySet()
              + ". Name one of these, or compute it in computeMetrics");
    }
    return value;
  }
}
