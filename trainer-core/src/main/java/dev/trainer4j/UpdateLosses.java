// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.optim.LossWeight;
import dev.trainer4j.optim.UpdateRanks;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The losses of the micro batches of one update: only their scalars outlive the micro batch, so that the
 * device is asked for numbers once an update.
 */
final class UpdateLosses implements AutoCloseable {

  private final NDManager owner;
  private final List<NDArray> losses = new ArrayList<>();
  private final List<NDArray> weights = new ArrayList<>();
  private final List<NDArray> joint = new ArrayList<>();
  private final Map<String, List<NDArray>> parts = new LinkedHashMap<>();
  private double knownWeight;
  private int means;

  UpdateLosses(NDManager model) {
    owner = model.newSubManager();
    owner.setName("losses of the update");
  }

  /** Keeps a micro batch's loss beyond its scope. */
  void add(LossOutput loss) {
    means += loss.isMean() ? 1 : 0;
    losses.add(ArrayScope.keep(loss.value(), owner));
    if (loss.weightArray() == null) {
      knownWeight += loss.weight();
    } else {
      weights.add(ArrayScope.keep(loss.weightArray(), owner));
    }
    loss.parts()
        .forEach(
            (name, part) ->
                parts
                    .computeIfAbsent(name, n -> new ArrayList<>())
                    .add(ArrayScope.keep(part, owner)));
  }

  /** Returns the scalars, one for each micro batch. */
  List<NDArray> values() {
    return losses;
  }

  /**
   * Adds up what all ranks have. A collective; of a single process the device is not asked yet.
   *
   * @param tokens that this rank has read
   * @param flos of this rank
   * @throws IllegalStateException on all ranks, if only some losses are means
   */
  UpdateTotals totals(UpdateRanks ranks, double tokens, double flos) {
    LossWeight weight = LossWeight.of(knownWeight, weights);
    if (ranks.isAlone()) {
      boolean areMeans = areMeans(means, losses.size());
      return new UpdateTotals(areMeans, losses, weight, tokens, flos, !parts.isEmpty());
    }
    double loss = losses.isEmpty() ? 0 : Arrays.stream(TorchFunctions.numbers(losses)).sum();
    double hasParts = parts.isEmpty() ? 0 : 1;
    double[] all = ranks.sum(means, losses.size(), loss, weight.value(), tokens, flos, hasParts);
    joint.add(ArrayScope.keep(owner.create(all[2]), owner));
    LossWeight jointWeight = LossWeight.of(all[3]);
    return new UpdateTotals(
        areMeans(all[0], all[1]), joint, jointWeight, all[4], all[5], all[6] > 0);
  }

  private static boolean areMeans(double means, double losses) {
    if (means != 0 && means != losses) {
      throw new IllegalStateException(
          "one update mixed losses of sums with LossOutput.mean; computeLoss must return one"
              + " kind");
    }
    return means > 0;
  }

  /** Returns the means of the named parts over all ranks. A collective where a rank has some. */
  Map<String, Double> partMeans(double weight, UpdateRanks ranks) {
    Map<String, Double> sums = new LinkedHashMap<>();
    if (!parts.isEmpty()) {
      double[] numbers =
          TorchFunctions.numbers(parts.values().stream().flatMap(List::stream).toList());
      int next = 0;
      for (Map.Entry<String, List<NDArray>> part : parts.entrySet()) {
        int end = next + part.getValue().size();
        sums.put(part.getKey(), Arrays.stream(numbers, next, end).sum());
        next = end;
      }
    }
    Map<String, Double> means = new LinkedHashMap<>();
    ranks.sum(sums).forEach((name, sum) -> means.put(name, sum / weight));
    return means;
  }

  /** Frees the scalars. */
  void release() {
    losses.forEach(NDArray::close);
    losses.clear();
    joint.forEach(NDArray::close);
    joint.clear();
    weights.forEach(NDArray::close);
    weights.clear();
    parts.values().forEach(values -> values.forEach(NDArray::close));
    parts.clear();
    knownWeight = 0;
    means = 0;
  }

  @Override
  public void close() {
    owner.close();
  }
}
