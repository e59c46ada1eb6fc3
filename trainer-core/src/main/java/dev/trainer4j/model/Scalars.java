// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;

/** Reads scalars of any number type. */
public final class Scalars {

  private Scalars() {}

  /** Returns the value of an array of one element. */
  public static double read(NDArray scalar) {
    if (scalar.size() != 1) {
      throw new IllegalArgumentException(
          "expected a scalar, but the shape is " + scalar.getShape());
    }
    return scalar.toArray()[0].doubleValue();
  }
}
