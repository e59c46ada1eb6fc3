// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;

/** The mean of the last values. */
final class StreamingAverage {

  private final long window;
  private final Deque<Double> values = new ArrayDeque<>();

  StreamingAverage(long window) {
    this.window = window;
  }

  /** Adds a value and returns the mean; not finite when the value is not, which is not kept. */
  double add(double value) {
    if (!Double.isFinite(value)) {
      return value;
    }
    values.addLast(value);
    if (values.size() > window) {
      values.removeFirst();
    }
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(value);
  }

  List<Double> values() {
    return List.copyOf(values);
  }

  void reset(Collection<Double> newValues) {
    values.clear();
    values.addAll(newValues);
  }
}
