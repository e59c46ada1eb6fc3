// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.List;
import java.util.Map;
import java.util.Random;

/** The values that one hyperparameter may take. */
sealed interface ParameterRange permits ScaledRange, Choices {

  /** Draws a value. */
  Object draw(Random random);

  /** Returns whether a value is one of these. */
  boolean contains(Object value);

  /** Returns all values in order; empty if there are too many to try each. */
  List<Object> grid();

  /** Returns values of which each must suit what takes them: the bounds, or all there are. */
  List<Object> probes();

  /** Returns the range as a file has it. */
  Map<String, Object> toMap();

  /** Returns where a value stands in the range, from 0 to 1; 0 where values have no order. */
  double place(Object value);

  /** Returns the distribution that knows nothing of trials. */
  Kernel prior();

  /**
   * Returns the distribution around the value of a trial.
   *
   * @param width the standard deviation as a share of the range
   * @param trials how many such values there are
   */
  Kernel around(Object value, double width, int trials);
}
