// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import ai.djl.ndarray.types.DataType;

/** What MPI can move and add up. */
enum ElementType {
  FLOAT32("mpi_float", Float.BYTES),
  FLOAT64("mpi_double", Double.BYTES),
  INT64("mpi_int64_t", Long.BYTES),
  BYTE("mpi_byte", 1);

  private final String handle;
  private final int bytes;

  ElementType(String handle, int bytes) {
    this.handle = handle;
    this.bytes = bytes;
  }

  /** The name of MPI's handle. */
  String handle() {
    return handle;
  }

  /** The size of an element. */
  int bytes() {
    return bytes;
  }

  /** Returns the one of tensors of a type. */
  static ElementType of(DataType type) {
    return switch (type) {
      case FLOAT32 -> FLOAT32;
      case FLOAT64 -> FLOAT64;
      case INT64 -> INT64;
      default ->
          throw new IllegalArgumentException(
              "a tensor of the type "
                  + type
                  + " cannot be exchanged: give one of float32, float64 or int64.");
    };
  }
}
