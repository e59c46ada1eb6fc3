// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.function.UnaryOperator;

/**
 * One kind of state that an optimizer keeps for each parameter.
 *
 * @param name PyTorch's name of it, such as {@code exp_avg}
 * @param shape the state's shape from the parameter's; empty (size 0) where a shape has none
 * @param initial the value that fills it at the start
 */
record Slot(String name, UnaryOperator<Shape> shape, double initial) {

  /** A step counter: one number, which the fused kernels want as an array. */
  static final Slot STEP = new Slot("step", parameter -> new Shape(), 0);

  /** Counters are float32 whatever the parameter's type, as the fused kernels want them. */
  DataType type(NDArray parameter) {
    return equals(STEP) ? DataType.FLOAT32 : parameter.getDataType();
  }

  /** State of the parameter's own shape, zero at the start. */
  static Slot like(String name) {
    return new Slot(name, parameter -> parameter, 0);
  }
}
