// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * The line on which the numbers of a range are drawn and modelled: the numbers themselves, or their logarithms.
 *
 * @param log whether the points are logarithms
 * @param from the first point
 * @param to the last point
 */
record Scale(boolean log, double from, double to) {

  /** Returns the scale between two numbers. */
  static Scale between(double low, double high, boolean log) {
    return new Scale(log, point(low, log), point(high, log));
  }

  private static double point(double value, boolean log) {
    return log ? Math.log(value) : value;
  }

  /** Returns the point of a number. */
  double point(double value) {
    return point(value, log);
  }

  /** Returns the number of a point. */
  double value(double point) {
    return log ? Math.exp(point) : point;
  }

  /** Draws a point. */
  double draw(Random random) {
    return from + random.nextDouble() * (to - from);
  }

  /** Returns where a number stands, from 0 to 1. */
  double place(Object value) {
    return (point(((Number) value).doubleValue()) - from) / (to - from);
  }

  /** Returns the distribution of points that knows nothing of trials. */
  TruncatedNormal prior() {
    return normal((from + to) / 2, 1);
  }

  /**
   * Returns the distribution of points around that of a number.
   *
   * @param width the standard deviation as a share of the scale
   */
  TruncatedNormal around(Object value, double width) {
    return normal(point(((Number) value).doubleValue()), width);
  }

  private TruncatedNormal normal(double mean, double width) {
    return new TruncatedNormal(mean, width * (to - from), from, to);
  }

  /** Returns a range as a file has it. */
  Map<String, Object> toMap(String prefix, Number low, Number high) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("distribution", prefix + (log ? "log_uniform" : "uniform"));
    map.put("min", low);
    map.put("max", high);
    return map;
  }
}
