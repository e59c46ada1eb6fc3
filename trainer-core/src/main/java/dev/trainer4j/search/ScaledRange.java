// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.Random;

/** Numbers that are drawn and modelled as points of a scale. */
sealed interface ScaledRange extends ParameterRange permits NumberRange, IntegerRange {

  Scale scale();

  /** Returns the number that a point of the scale stands for, within the bounds, out of which rounding may lead a little. */
  Object at(double point);

  /** Returns the logarithm of how likely a number is, or how dense numbers are there, if points are drawn by {@code normal}. */
  double logDensity(TruncatedNormal normal, Object value);

  @Override
  default Object draw(Random random) {
    return at(scale().draw(random));
  }

  @Override
  default double place(Object value) {
    return scale().place(value);
  }

  @Override
  default Kernel prior() {
    return kernel(scale().prior());
  }

  @Override
  default Kernel around(Object value, double width, int trials) {
    return kernel(scale().around(value, width));
  }

  private Kernel kernel(TruncatedNormal normal) {
    return new Kernel() {
      @Override
      public Object draw(Random random) {
        return at(normal.draw(random));
      }

      @Override
      public double logDensity(Object value) {
        return ScaledRange.this.logDensity(normal, value);
      }
    };
  }
}
