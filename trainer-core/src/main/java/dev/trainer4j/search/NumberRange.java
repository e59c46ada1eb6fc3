// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.List;
import java.util.Map;

/**
 * Numbers between two bounds, even by value or by logarithm.
 *
 * @param low the least
 * @param high the greatest
 * @param log whether each factor is as likely as any other
 */
record NumberRange(double low, double high, boolean log) implements ScaledRange {

  private static final double GOLDEN = (3 - Math.sqrt(5)) / 2;

  @Override
  public Scale scale() {
    return Scale.between(low, high, log);
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
    return List.of(low, high, at(scale.from() + GOLDEN * (scale.to() - scale.from())));
  }

  @Override
  public Map<String, Object> toMap() {
    return scale().toMap("", low, high);
  }

  @Override
  public Double at(double point) {
    return Math.max(low, Math.min(high, scale().value(point)));
  }

  @Override
  public double logDensity(TruncatedNormal normal, Object value) {
    return normal.logDensity(scale().point(((Number) value).doubleValue()));
  }
}
