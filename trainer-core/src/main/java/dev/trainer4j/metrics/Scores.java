// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.metrics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/** The numbers of arrays of any number type. */
final class Scores {

  private Scores() {}

  static float[] floats(NDArray array) {
    return array.toType(DataType.FLOAT32, false).flatten().toFloatArray();
  }
}
