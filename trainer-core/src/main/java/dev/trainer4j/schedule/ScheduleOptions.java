// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

import java.util.Map;

/** The options of one schedule, checked each for itself; only what the run decides is checked here. */
record ScheduleOptions(String type, Map<String, Object> values) {

  boolean has(String name) {
    return values.containsKey(name);
  }

  double number(String name, double otherwise) {
    return ((Number) values.getOrDefault(name, otherwise)).doubleValue();
  }

  long count(String name, long otherwise) {
    return ((Number) values.getOrDefault(name, otherwise)).longValue();
  }

  boolean flag(String name) {
    return Boolean.TRUE.equals(values.get(name));
  }

  String text(String name, String otherwise) {
    return values.getOrDefault(name, otherwise).toString();
  }

  void require(boolean condition, String name, String remedy) {
    if (!condition) {
      throw new IllegalArgumentException(
          "lrSchedulerKwargs '%s' of '%s' is %s: %s."
              .formatted(name, type, values.getOrDefault(name, "not given"), remedy));
    }
  }
}
