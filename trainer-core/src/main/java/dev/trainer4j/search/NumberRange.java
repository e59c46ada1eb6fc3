// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Numbers between two bounds, even by value or by logarithm.
 *
 * @param low the least
 * @param high the greatest
 * @param log whether each factor is as likely as any other
 */
record NumberRange(double low, double high, boolean log) implements ParameterRange {

  private static final double GOLDEN = (3 - Math.sqrt(5)) / 2;

  @Override
  public Object draw(Random random) {
    double from = inward(low);
    return outward(from + random.nextDouble() * (inward(high) - from));
  }

  @Override
  public boolean contains(Object value) {
    return value instanceof Number number
        && number.doubleValue() >= low
        && number.doubleValue() <= high;
  }

  @Override
  public List<Object> grid() {
    return List.of();
  }

  @Override
  public List<Object> probes() {
    // One of them is no whole number.
    return List.of(low, high, outward(inward(low) + GOLDEN * (inward(high) - inward(low))));
  }

  @Override
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("distribution", log ? "log_uniform" : "uniform");
    map.put("min", low);
    map.put("max", high);
    return map;
  }

  @Override
  public double place(Object value) {
    return (inward(((Number) value).doubleValue()) - inward(low)) / (inward(high) - inward(low));
  }

  @Override
  public Kernel prior() {
    return normal((inward(low) + inward(high)) / 2, 1);
  }

  @Override
  public Kernel around(Object value, double width, int trials) {
    return normal(inward(((Number) value).doubleValue()), width);
  }

  private Kernel normal(double mean, double width) {
    double from = inward(low);
    double to = inward(high);
    TruncatedNormal normal = new TruncatedNormal(mean, width * (to - from), from, to);
    return new Kernel() {
      @Override
      public Object draw(Random random) {
        return outward(normal.draw(random));
      }

      @Override
      public double logDensity(Object value) {
        return normal.logDensity(inward(((Number) value).doubleValue()));
      }
    };
  }

  private double inward(double value) {
    return log ? Math.log(value) : value;
  }

  /** Rounding may lead a little out of the bounds. */
  private double outward(double point) {
    return Math.max(low, Math.min(high, log ? Math.exp(point) : point));
  }
}
