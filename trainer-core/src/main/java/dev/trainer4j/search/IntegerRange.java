// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Whole numbers from one to another, even by value or by logarithm. Each stands for the interval of half a unit on
 * both sides, on which it is drawn and modelled.
 *
 * @param low the least
 * @param high the greatest
 * @param log whether each factor is about as likely as any other
 */
record IntegerRange(int low, int high, boolean log) implements ScaledRange {

  private static final int MOST_IN_GRID = 1000;

  @Override
  public Scale scale() {
    return Scale.between(low - 0.5, high + 0.5, log);
  }

  @Override
  public boolean contains(Object value) {
    return value instanceof Integer number && number >= low && number <= high;
  }

  @Override
  public List<Object> grid() {
    return (long) high - low >= MOST_IN_GRID
        ? List.of()
        : IntStream.rangeClosed(low, high).mapToObj(value -> (Object) value).toList();
  }

  @Override
  public List<Object> probes() {
    return List.of(low, high);
  }

  @Override
  public Map<String, Object> toMap() {
    return scale().toMap("int_", low, high);
  }

  @Override
  public Integer at(double point) {
    return (int) Math.max(low, Math.min(high, Math.round(scale().value(point))));
  }

  @Override
  public double logDensity(TruncatedNormal normal, Object value) {
    int number = ((Number) value).intValue();
    Scale scale = scale();
    return normal.logProbability(scale.point(number - 0.5), scale.point(number + 0.5));
  }
}
