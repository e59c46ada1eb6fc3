// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The mean loss since the last log line and over all that really ran, with its named parts.
 *
 * <p>Updates of sums are averaged by weight, updates of means count one each.
 */
public final class LossTracker {

  private final Map<String, double[]> window = new LinkedHashMap<>();
  private final double[] total = new double[2];

  /** Gradient norm and learning rate of the last update: a line may follow a resume at once. */
  private final double[] last = new double[2];

  /** Adds one update. */
  public void add(UpdateOutcome update) {
    last[0] = update.gradientNorm();
    last[1] = update.learningRate();
    add("loss", update.loss(), update.lossWeight());
    update.parts().forEach((name, value) -> add(name, value, update.lossWeight()));
    // A skipped update shows as it is in the next line, but did not train anything.
    if (update.stepTaken()) {
      total[0] += update.loss() * update.lossWeight();
      total[1] += update.lossWeight();
    }
  }

  private void add(String name, double mean, double weight) {
    double[] sums = window.computeIfAbsent(name, n -> new double[2]);
    sums[0] += mean * weight;
    sums[1] += weight;
  }

  /** Returns whether nothing was added since the last {@link #drainWindow}. */
  public boolean isWindowEmpty() {
    return window.isEmpty();
  }

  /** Returns the means by name since the last call; {@code loss} comes first. */
  public Map<String, Double> drainWindow() {
    Map<String, Double> means = new LinkedHashMap<>();
    window.forEach((name, sums) -> means.put(name, sums[0] / sums[1]));
    window.clear();
    return means;
  }

  /** Returns the gradient norm of the last update, clipping not applied. */
  public double gradientNorm() {
    return last[0];
  }

  /** Returns the learning rate of the last update. */
  public double learningRate() {
    return last[1];
  }

  /** Returns the mean over everything, 0 if nothing ran. */
  public double trainLoss() {
    return total[1] == 0 ? 0 : total[0] / total[1];
  }

  /** Returns the sums to save with a checkpoint. */
  public Map<String, double[]> state() {
    Map<String, double[]> state = new LinkedHashMap<>();
    state.put("", new double[] {total[0], total[1], last[0], last[1]});
    window.forEach((name, sums) -> state.put(name, sums.clone()));
    return state;
  }

  /** Takes back what {@link #state} gave. */
  public void restore(Map<String, double[]> state) {
    window.clear();
    state.forEach(
        (name, sums) -> {
          if (name.isEmpty()) {
            System.arraycopy(sums, 0, total, 0, 2);
            System.arraycopy(sums, 2, last, 0, 2);
          } else {
            window.put(name, sums.clone());
          }
        });
  }
}
