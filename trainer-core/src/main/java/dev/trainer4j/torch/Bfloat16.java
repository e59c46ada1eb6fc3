// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;

/**
 * Arrays of bfloat16: the upper 16 bits of a float.
 *
 * <p>libtorch computes with them, DJL does not know them: {@code getDataType()} says {@link
 * DataType#UNKNOWN}, and making, casting or reading one through an {@code NDArray}'s own methods
 * ends the JVM. Operators that leave type and values to libtorch, such as {@code matMul}, {@code
 * add} of two arrays, {@code reshape} and kernels, are fine. This class makes such arrays, casts
 * them and hands out their bytes.
 */
public final class Bfloat16 {

  private static final long SCALAR_TYPE = 15;

  private Bfloat16() {}

  /** Returns whether the elements are of bfloat16. */
  public static boolean is(NDArray array) {
    if (array.getDataType() != DataType.UNKNOWN) {
      return false;
    }
    try (IValue x = IValue.from((PtNDArray) array)) {
      return Kernels.shared().integer("scalar_type", x) == SCALAR_TYPE;
    }
  }

  /**
   * Returns the values rounded to bfloat16 (to nearest, ties to even), cut from autograd.
   *
   * @param array of any number type
   * @param owner of the new array, which is a copy
   */
  public static NDArray of(NDArray array, NDManager owner) {
    return cast(array, SCALAR_TYPE, owner);
  }

  /**
   * Returns the values as FLOAT32, which holds all of them, cut from autograd.
   *
   * @param array of bfloat16, or of any other number type
   * @param owner of the new array, which is a copy
   */
  public static NDArray toFloat32(NDArray array, NDManager owner) {
    return cast(array, 6, owner);
  }

  private static NDArray cast(NDArray array, long type, NDManager owner) {
    try (IValue x = IValue.from((PtNDArray) array);
        IValue to = IValue.from(type)) {
      return result(owner, "to_type", x, to);
    }
  }

  /**
   * Returns bytes as elements of bfloat16.
   *
   * @param bytes UINT8, shape [2n], little-endian
   * @param shape of n elements
   * @param owner of the result, which is a copy on the device of the bytes
   */
  public static NDArray fromBytes(NDArray bytes, Shape shape, NDManager owner) {
    if (bytes.getDataType() != DataType.UINT8 || bytes.size() != 2 * shape.size()) {
      throw new IllegalArgumentException(
          "expected "
              + 2 * shape.size()
              + " elements of uint8 for a shape of "
              + shape
              + ", got "
              + bytes.size()
              + " of "
              + bytes.getDataType());
    }
    try (IValue x = IValue.from((PtNDArray) bytes);
        IValue type = IValue.from(SCALAR_TYPE);
        IValue sizes = IValue.listFrom(shape.getShape())) {
      return Kernels.shared().weight(owner, "from_bytes", x, type, sizes);
    }
  }

  /**
   * Returns some elements of a vector of whatever type, as a copy.
   *
   * @param start the first element
   * @param end the element after the last
   * @param owner of the result
   */
  public static NDArray range(NDArray vector, long start, long end, NDManager owner) {
    try (IValue x = IValue.from((PtNDArray) vector);
        IValue from = IValue.from(start);
        IValue to = IValue.from(end)) {
      return result(owner, "range_of", x, from, to);
    }
  }

  /**
   * Returns the memory of some elements of an array.
   *
   * @param array of bfloat16
   * @param start the first element, counted in the order of the shape
   * @param end the element after the last
   * @param owner of the result, which is a copy on the device of the array
   * @return UINT8, shape [2 (end - start)], little-endian
   */
  public static NDArray bytes(NDArray array, long start, long end, NDManager owner) {
    try (IValue x = IValue.from((PtNDArray) array);
        IValue from = IValue.from(start);
        IValue to = IValue.from(end)) {
      return result(owner, "to_bytes", x, from, to);
    }
  }

  /** A result outlives whatever scope the caller has open: its owner was named. */
  private static NDArray result(NDManager owner, String kernel, IValue... arguments) {
    NDArray result = Kernels.shared().tensor(owner, kernel, arguments);
    NDScope.unregister(result);
    return result;
  }
}
