// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Values without an order.
 *
 * @param values all there are
 */
record Choices(List<Object> values) implements ParameterRange {

  Choices {
    values = List.copyOf(values);
  }

  @Override
  public Object draw(Random random) {
    return values.get(random.nextInt(values.size()));
  }

  @Override
  public boolean contains(Object value) {
    return values.contains(value);
  }

  @Override
  public List<Object> grid() {
    return values;
  }

  @Override
  public List<Object> probes() {
    return values;
  }

  @Override
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("distribution", "choice");
    map.put("values", values);
    return map;
  }

  @Override
  public double place(Object value) {
    return 0;
  }

  @Override
  public Kernel prior() {
    return weighed(0, 0);
  }

  /** The value of the trial has one observation, and all have one together, shared among the trials. */
  @Override
  public Kernel around(Object value, double width, int trials) {
    return weighed(values.indexOf(value), trials + 1);
  }

  private Kernel weighed(int observed, int weight) {
    double[] share = new double[values.size()];
    Arrays.fill(share, 1.0 / (values.size() + weight));
    share[observed] += (double) weight / (values.size() + weight);
    return new Kernel() {
      @Override
      public Object draw(Random random) {
        double left = random.nextDouble();
        for (int i = 0; i < share.length - 1; i++) {
          left -= share[i];
          if (left < 0) {
            return values.get(i);
          }
        }
        return values.get(share.length - 1);
      }

      @Override
      public double logDensity(Object value) {
        return Math.log(share[values.indexOf(value)]);
      }
    };
  }
}
