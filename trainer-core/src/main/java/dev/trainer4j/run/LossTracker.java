// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The mean loss since the last log line and over all that really ran, with its named parts.
 *
 * <p>Updates of sums are averaged by weight, updates of means count one each.
 */
public final class LossTracker {

  private final Map<String, double[]> window = new LinkedHashMap<>();
  private final double[] total = new double[2];

  /** Gradient norm and learning rates of the last update: a line may follow a resume at once. */
  private double[] last = new double[2];

  /** Adds one update. */
  public void add(UpdateOutcome update) {
    List<Double> rates = update.learningRates();
    last = new double[1 + rates.size()];
    last[0] = update.gradientNorm();
    for (int i = 0; i < rates.size(); i++) {
      last[1 + i] = rates.get(i);
    }
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

  /**
   * Returns the learning rates of the last update by the names that they are logged by: {@code learning_rate} is
   * that of the first group, as in Hugging Face's Trainer; groups with others follow as {@code learning_rate_1}
   * and so on.
   */
  public Map<String, Double> learningRates() {
    Map<String, Double> rates = new LinkedHashMap<>();
    for (int i = 1; i < last.length; i++) {
      rates.put(i == 1 ? "learning_rate" : "learning_rate_" + (i - 1), last[i]);
    }
    return rates;
  }

  /** Returns the mean over everything, 0 if nothing ran. */
  public double trainLoss() {
    return total[1] == 0 ? 0 : total[0] / total[1];
  }

  /** Returns the sums to save with a checkpoint. */
  public Map<String, double[]> state() {
    Map<String, double[]> state = new LinkedHashMap<>();
    double[] own = Arrays.copyOf(total, 2 + last.length);
    System.arraycopy(last, 0, own, 2, last.length);
    state.put("", own);
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
            last = Arrays.copyOfRange(sums, 2, sums.length);
          } else {
            window.put(name, sums.clone());
          }
        });
  }
}
