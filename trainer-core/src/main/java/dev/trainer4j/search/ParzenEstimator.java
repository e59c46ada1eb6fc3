// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * A density over all hyperparameters, made of trials: a mixture of kernels, one around each trial, which is a product of one for each
 * hyperparameter, and the prior, which is over all values. All weigh the same.
 */
final class ParzenEstimator {

  private final Map<String, List<Kernel>> kernels = new LinkedHashMap<>();
  private final int count;

  /** Makes a density of the hyperparameters of trials. */
  ParzenEstimator(Map<String, ParameterRange> space, List<Map<String, Object>> trials) {
    count = trials.size() + 1;
    space.forEach(
        (name, range) -> {
          List<Kernel> each = new ArrayList<>();
          double width =
              Bandwidth.of(
                  trials.stream().mapToDouble(trial -> range.place(valueOf(name, trial))).toArray(),
                  space.size());
          trials.forEach(
              trial -> each.add(range.around(valueOf(name, trial), width, trials.size())));
          each.add(range.prior());
          kernels.put(name, each);
        });
  }

  private static Object valueOf(String name, Map<String, Object> trial) {
    return Objects.requireNonNull(trial.get(name), name);
  }

  /** Draws the hyperparameters of a trial. */
  Map<String, Object> draw(Random random) {
    int chosen = random.nextInt(count);
    Map<String, Object> values = new LinkedHashMap<>();
    kernels.forEach((name, each) -> values.put(name, each.get(chosen).draw(random)));
    return values;
  }

  /** Returns the logarithm of the density at the hyperparameters of a trial. */
  double logDensity(Map<String, Object> values) {
    double[] logs = new double[count];
    kernels.forEach(
        (name, each) -> {
          for (int i = 0; i < count; i++) {
            logs[i] += each.get(i).logDensity(valueOf(name, values));
          }
        });
    double greatest = Double.NEGATIVE_INFINITY;
    for (double log : logs) {
      greatest = Math.max(greatest, log);
    }
    double sum = 0;
    for (double log : logs) {
      sum += Math.exp(log - greatest);
    }
    return greatest + Math.log(sum / count);
  }
}
