// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.Random;

/** A distribution over the values of one hyperparameter, around one of them or, as the prior, over all. */
interface Kernel {

  /** Draws a value. */
  Object draw(Random random);

  /** Returns the logarithm of the density, or of the probability, of a value. */
  double logDensity(Object value);
}
