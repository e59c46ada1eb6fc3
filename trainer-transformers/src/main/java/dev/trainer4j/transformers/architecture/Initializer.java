// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/** How a tensor begins that no file holds: the rules of transformers' {@code _init_weights}. */
@FunctionalInterface
public interface Initializer {

  /** Creates the float32 values. */
  NDArray create(NDManager manager, Shape shape);

  /** Normal with mean 0. */
  static Initializer normal(double std) {
    return (manager, shape) -> manager.randomNormal(0, (float) std, shape, DataType.FLOAT32);
  }

  /** Normal, and zeros in the row of the padding token, as of an embedding with a padding index. */
  static Initializer embedding(double std, long paddingRow) {
    return (manager, shape) -> {
      NDArray array = normal(std).create(manager, shape);
      if (paddingRow >= 0 && paddingRow < shape.get(0)) {
        array.set(new ai.djl.ndarray.index.NDIndex(paddingRow), 0f);
      }
      return array;
    };
  }

  /** The same number everywhere. */
  static Initializer constant(double value) {
    return (manager, shape) -> manager.full(shape, (float) value, DataType.FLOAT32);
  }
}
