// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.types.DataType;

/** The kinds of values that a collator makes tensors of. */
enum ElementType {
  BOOLEAN(DataType.BOOLEAN, Byte.BYTES),
  UINT8(DataType.UINT8, Byte.BYTES),
  INT64(DataType.INT64, Long.BYTES),
  FLOAT32(DataType.FLOAT32, Float.BYTES);

  final DataType dataType;
  final int bytes;

  ElementType(DataType dataType, int bytes) {
    this.dataType = dataType;
    this.bytes = bytes;
  }

  /** Whether a field may hold values of both: 1 and 1.5 both come as numbers from JSON. */
  boolean mixesWith(ElementType other) {
    return this == other || (isNumber() && other.isNumber());
  }

  /** Whether a tensor of this type can hold the number as it is. */
  boolean canHold(Number number) {
    double value = number.doubleValue();
    return switch (this) {
      case FLOAT32 -> true;
      case INT64 -> value == Math.rint(value);
      case UINT8 -> value == Math.rint(value) && value >= 0 && value <= 255;
      case BOOLEAN -> value == 0 || value == 1;
    };
  }

  private boolean isNumber() {
    return this == INT64 || this == FLOAT32;
  }
}
