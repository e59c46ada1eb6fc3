// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

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

  private Scale scale() {
    return Scale.between(low, high, log);
  }

  @Override
  public Object draw(Random random) {
    return outward(scale().draw(random));
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
    Scale scale = scale();
    // One of them is no whole number.
    return List.of(low, high, outward(scale.from() + GOLDEN * (scale.to() - scale.from())));
  }

  @Override
  public Map<String, Object> toMap() {
    return scale().toMap("", low, high);
  }

  @Override
  public double place(Object value) {
    return scale().place(value);
  }

  @Override
  public Kernel prior() {
    return kernel(scale().prior());
  }

  @Override
  public Kernel around(Object value, double width, int trials) {
    return kernel(scale().around(value, width));
  }

  private Kernel kernel(TruncatedNormal normal) {
    Scale scale = scale();
    return new Kernel() {
      @Override
      public Object draw(Random random) {
        return outward(normal.draw(random));
      }

      @Override
      public double logDensity(Object value) {
        return normal.logDensity(scale.point(((Number) value).doubleValue()));
      }
    };
  }

  /** Rounding may lead a little out of the bounds. */
  private double outward(double point) {
    return Math.max(low, Math.min(high, scale().value(point)));
  }
}
