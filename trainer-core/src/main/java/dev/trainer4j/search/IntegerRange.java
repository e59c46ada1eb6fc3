// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Whole numbers from one to another, even by value or by logarithm. Each stands for the interval of half a unit on
 * both sides, on which it is drawn and modelled.
 *
 * @param low the least
 * @param high the greatest
 * @param log whether each factor is about as likely as any other
 */
record IntegerRange(int low, int high, boolean log) implements ParameterRange {

  private static final int MOST_IN_GRID = 1000;

  @Override
  public Object draw(Random random) {
    double from = lower(low);
    return outward(from + random.nextDouble() * (upper(high) - from));
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
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("distribution", log ? "int_log_uniform" : "int_uniform");
    map.put("min", low);
    map.put("max", high);
    return map;
  }

  @Override
  public double place(Object value) {
    return (inward(((Number) value).doubleValue()) - lower(low)) / (upper(high) - lower(low));
  }

  @Override
  public Kernel prior() {
    return normal((lower(low) + upper(high)) / 2, 1);
  }

  @Override
  public Kernel around(Object value, double width, int trials) {
    return normal(inward(((Number) value).doubleValue()), width);
  }

  private Kernel normal(double mean, double width) {
    double from = lower(low);
    double to = upper(high);
    TruncatedNormal normal = new TruncatedNormal(mean, width * (to - from), from, to);
    return new Kernel() {
      @Override
      public Object draw(Random random) {
        return outward(normal.draw(random));
      }

      @Override
      public double logDensity(Object value) {
        int number = ((Number) value).intValue();
        return normal.logProbability(lower(number), upper(number));
      }
    };
  }

  private double lower(int value) {
    return inward(value - 0.5);
  }

  private double upper(int value) {
    return inward(value + 0.5);
  }

  private double inward(double value) {
    return log ? Math.log(value) : value;
  }

  private int outward(double point) {
    return (int) Math.max(low, Math.min(high, Math.round(log ? Math.exp(point) : point)));
  }
}
