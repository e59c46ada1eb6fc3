// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.schedule;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The arguments of one schedule, read by name; remembers the names to find unknown ones. */
final class ScheduleArguments {

  private final String type;
  private final Map<String, Object> values;
  private final Set<String> known = new TreeSet<>();

  ScheduleArguments(String type, Map<String, Object> values) {
    this.type = type;
    this.values = values;
  }

  boolean has(String name) {
    return value(name) != null;
  }

  double number(String name, double otherwise) {
    Object value = value(name);
    if (value == null) {
      return otherwise;
    }
    require(value instanceof Number, name, "give a number");
    double number = ((Number) value).doubleValue();
    require(Double.isFinite(number), name, "give a finite number");
    return number;
  }

  double positive(String name, double otherwise) {
    double number = number(name, otherwise);
    require(number > 0, name, "give a number above 0");
    return number;
  }

  double share(String name, double otherwise) {
    double number = number(name, otherwise);
    require(number >= 0 && number <= 1, name, "give a number from 0 to 1");
    return number;
  }

  double notNegative(String name, double otherwise) {
    double number = number(name, otherwise);
    require(number >= 0, name, "give a number that is at least 0");
    return number;
  }

  long count(String name, long otherwise) {
    double number = number(name, (double) otherwise);
    require(number >= 0 && number == Math.rint(number), name, "give a whole number of at least 0");
    return (long) number;
  }

  long requiredCount(String name) {
    if (!has(name)) {
      throw new IllegalArgumentException(
          "lrSchedulerKwargs lacks '" + name + "', which '" + type + "' requires: add it.");
    }
    return count(name, 0);
  }

  boolean flag(String name) {
    Object value = value(name);
    require(value == null || value instanceof Boolean, name, "give true or false");
    return Boolean.TRUE.equals(value);
  }

  String choice(String name, String otherwise, List<String> allowed) {
    Object value = value(name);
    String choice = value == null ? otherwise : value.toString();
    require(allowed.contains(choice), name, "give one of " + allowed);
    return choice;
  }

  void require(boolean condition, String name, String remedy) {
    if (!condition) {
      Object given = values.get(name);
      throw new IllegalArgumentException(
          String.format(
              "lrSchedulerKwargs '%s' of '%s' is %s: %s.",
              name, type, given == null ? "not given" : given, remedy));
    }
  }

  void rejectUnknown() {
    for (Map.Entry<String, Object> entry : values.entrySet()) {
      if (!known.contains(entry.getKey())) {
        throw new IllegalArgumentException(
            String.format(
                "lrSchedulerKwargs '%s' (%s) is unknown to '%s': remove it%s.",
                entry.getKey(),
                entry.getValue(),
                type,
                known.isEmpty() ? "; this schedule has no arguments" : " or use one of " + known));
      }
    }
  }

  private @Nullable Object value(String name) {
    known.add(name);
    return values.get(name);
  }
}
