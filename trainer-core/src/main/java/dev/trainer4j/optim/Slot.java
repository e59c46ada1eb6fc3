// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * One kind of state that an optimizer keeps for each parameter.
 *
 * @param name PyTorch's name of it, such as {@code exp_avg}
 * @param shape the state's shape from the parameter's; empty (size 0) where a shape has none
 * @param initial the value that fills it at the start
 * @param types its type from the parameter
 */
record Slot(
    String name, UnaryOperator<Shape> shape, double initial, Function<NDArray, DataType> types) {

  /**
   * A step counter: one number, which the fused kernels want as an array, of float32 whatever the
   * parameter's type.
   */
  static final Slot STEP =
      new Slot("step", parameter -> new Shape(), 0, parameter -> DataType.FLOAT32);

  /** One number of float64, zero at the start: in float32 a sum over many updates would stand still. */
  static Slot number(String name) {
    return new Slot(name, parameter -> new Shape(), 0, parameter -> DataType.FLOAT64);
  }

  /** State of the parameter's own type. */
  Slot(String name, UnaryOperator<Shape> shape, double initial) {
    this(name, shape, initial, NDArray::getDataType);
  }

  DataType type(NDArray parameter) {
    return types.apply(parameter);
  }

  /** State of the parameter's own shape, zero at the start. */
  static Slot like(String name) {
    return new Slot(name, parameter -> parameter, 0);
  }
}
