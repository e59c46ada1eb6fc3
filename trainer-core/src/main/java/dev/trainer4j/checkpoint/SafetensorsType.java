// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The element types of the safetensors format, named as in its header.
 *
 * <p>The order is that of the reference implementation, smallest first: files list tensors from the
 * last type to the first, which keeps every tensor aligned to its own element size.
 */
public enum SafetensorsType {
  /** One byte, 0 or 1. */
  BOOL(8),
  /** Two 4-bit floats in a byte. */
  F4(4),
  /** A 6-bit float: 2 bits of exponent, 3 of mantissa. */
  F6_E2M3(6),
  /** A 6-bit float: 3 bits of exponent, 2 of mantissa. */
  F6_E3M2(6),
  /** An unsigned byte. */
  U8(8),
  /** A signed byte. */
  I8(8),
  /** An 8-bit float: 5 bits of exponent, 2 of mantissa. */
  F8_E5M2(8),
  /** An 8-bit float: 4 bits of exponent, 3 of mantissa. */
  F8_E4M3(8),
  /** An 8-bit scale: exponent only. */
  F8_E8M0(8),
  /** {@link #F8_E4M3} without infinities and negative zero. */
  F8_E4M3FNUZ(8),
  /** {@link #F8_E5M2} without infinities and negative zero. */
  F8_E5M2FNUZ(8),
  /** A signed 16-bit integer. */
  I16(16),
  /** An unsigned 16-bit integer. */
  U16(16),
  /** An IEEE half. */
  F16(16),
  /** The upper half of a float. */
  BF16(16),
  /** A signed 32-bit integer. */
  I32(32),
  /** An unsigned 32-bit integer. */
  U32(32),
  /** A float. */
  F32(32),
  /** Two floats: real and imaginary part. */
  C64(64),
  /** A double. */
  F64(64),
  /** A signed 64-bit integer. */
  I64(64),
  /** An unsigned 64-bit integer. */
  U64(64);

  private static final Map<String, SafetensorsType> BY_NAME =
      Stream.of(values()).collect(Collectors.toUnmodifiableMap(Enum::name, Function.identity()));

  private final int bits;

  SafetensorsType(int bits) {
    this.bits = bits;
  }

  static Optional<SafetensorsType> named(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  /**
   * Returns the type that stores arrays of a DJL type.
   *
   * @param type the type of an array
   * @return empty for a type whose values DJL cannot hand out
   */
  public static Optional<SafetensorsType> of(DataType type) {
    return Stream.of(values()).filter(t -> t.arrayType().equals(Optional.of(type))).findFirst();
  }

  /**
   * Returns the DJL type whose arrays hold these elements.
   *
   * @return empty where DJL has no such arrays, as for BF16 (see {@link
   *     dev.trainer4j.torch.Bfloat16}); creating one of BFLOAT16 or INT16 would abort the JVM
   */
  public Optional<DataType> arrayType() {
    return Optional.ofNullable(
        switch (this) {
          case BOOL -> DataType.BOOLEAN;
          case U8 -> DataType.UINT8;
          case I8 -> DataType.INT8;
          case F16 -> DataType.FLOAT16;
          case I32 -> DataType.INT32;
          case F32 -> DataType.FLOAT32;
          case F64 -> DataType.FLOAT64;
          case I64 -> DataType.INT64;
          default -> null;
        });
  }

  /**
   * Returns the size of one element.
   *
   * @return in bits: the smallest types share a byte
   */
  public int bits() {
    return bits;
  }

  /**
   * Returns the bytes that a tensor of this type takes.
   *
   * @param shape its shape, without negative dimensions
   * @return the length in bytes
   * @throws ArithmeticException if the length overflows or does not end on a whole byte
   */
  public long byteLength(Shape shape) {
    long elements = 1;
    for (long dimension : shape.getShape()) {
      elements = Math.multiplyExact(elements, dimension);
    }
    long total = Math.multiplyExact(elements, (long) bits);
    if (total % 8 != 0) {
      throw new ArithmeticException("the last byte is not full");
    }
    return total / 8;
  }
}
