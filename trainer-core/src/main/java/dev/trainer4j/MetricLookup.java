// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import java.util.Map;

/** Finds a metric under its full name or without the prefix. */
final class MetricLookup {

  private MetricLookup() {}

  static double find(Map<String, Double> metrics, String name, String prefix) {
    Double value = metrics.get(name);
    if (value == null) {
      value = metrics.get(prefix + name);
    }
    if (value == null) {
      throw new IllegalArgumentException("no metric '" + name + "'; there are " + metrics.keySet());
    }
    return value;
  }
}
