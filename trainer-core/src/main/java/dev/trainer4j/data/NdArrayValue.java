// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDArray;
import ai.djl.util.NativeResource;
import java.util.Arrays;
import java.util.List;

/** An NDArray as the value of a sample: read where it lies, and left to whoever made it. */
final class NdArrayValue {

  private NdArrayValue() {}

  /**
   * Finds the layout.
   *
   * @throws IllegalArgumentException with the reason if it cannot be read; the caller adds where
   */
  static ValueLayout layout(NDArray array) {
    if (array instanceof NativeResource<?> resource && resource.isReleased()) {
      throw new IllegalArgumentException(
          "is an NDArray that was closed: keep it open as long as the data is used");
    }
    if (array.getDevice().isGpu()) {
      throw new IllegalArgumentException(
          "is an NDArray on "
              + array.getDevice()
              + ": give arrays on the CPU, batches are moved to the model's device");
    }
    ElementType type =
        switch (array.getDataType()) {
          case FLOAT32, FLOAT64 -> ElementType.FLOAT32;
          case INT64, INT32, INT8 -> ElementType.INT64;
          case UINT8 -> ElementType.UINT8;
          case BOOLEAN -> ElementType.BOOLEAN;
          default ->
              throw new IllegalArgumentException(
                  "is an NDArray of type "
                      + array.getDataType()
                      + ": cast it to float32, int64, uint8 or boolean");
        };
    List<Integer> dimensions =
        Arrays.stream(array.getShape().getShape()).mapToObj(NdArrayValue::length).toList();
    return new ValueLayout(type, dimensions);
  }

  private static Integer length(long dimension) {
    if (dimension > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "is an NDArray with a dimension of "
              + dimension
              + ", which is more than 2 GiB: give smaller samples");
    }
    return (int) dimension;
  }

  /** Returns the elements, row by row, as an array of Java's that a {@link TensorBuffer} takes. */
  static Object elements(NDArray array) {
    return switch (array.getDataType()) {
      case FLOAT32 -> array.toFloatArray();
      case FLOAT64 -> array.toDoubleArray();
      case INT64 -> array.toLongArray();
      case INT32 -> array.toIntArray();
      case UINT8 -> array.toByteArray();
      case BOOLEAN -> array.toBooleanArray();
      default -> whole(array.toByteArray());
    };
  }

  private static long[] whole(byte[] signed) {
    long[] values = new long[signed.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = signed[i];
    }
    return values;
  }
}
