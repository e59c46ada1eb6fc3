// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.checkpoint.SafetensorsType;
import dev.trainer4j.torch.Bfloat16;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.torch.TorchFunctions;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The type of a model's weights, in memory or in files: transformers' {@code dtype}. */
public enum Dtype {
  /** 4 bytes a weight: what training needs. */
  FLOAT32(SafetensorsType.F32, null),
  /** 2 bytes: 11 bits of mantissa, values up to 65504. */
  FLOAT16(SafetensorsType.F16, HalfType.FLOAT16),
  /** 2 bytes: 8 bits of mantissa, the range of float32. */
  BFLOAT16(SafetensorsType.BF16, HalfType.BFLOAT16);

  private final SafetensorsType stored;
  private final @Nullable HalfType half;

  Dtype(SafetensorsType stored, @Nullable HalfType half) {
    this.stored = stored;
    this.half = half;
  }

  /** Returns the type of a name of {@code config.json}, which may begin with {@code torch.}. */
  public static Optional<Dtype> named(String text) {
    String name = text.startsWith("torch.") ? text.substring("torch.".length()) : text;
    return Stream.of(values()).filter(dtype -> dtype.text().equals(name)).findFirst();
  }

  /** Returns the type of the elements of a file; none if they are others. */
  static Optional<Dtype> of(SafetensorsType type) {
    return Stream.of(values()).filter(dtype -> dtype.stored == type).findFirst();
  }

  /** Returns the name in {@code config.json}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  SafetensorsType stored() {
    return stored;
  }

  /** Returns the type of 16 bits that this is; null for float32. */
  @Nullable HalfType half() {
    return half;
  }

  /** Returns whether an array has elements that a type of weights applies to. */
  static boolean isFloating(NDArray array) {
    return array.getDataType().isFloating() || Bfloat16.is(array);
  }

  /** Returns whether the elements of an array are of this type. */
  boolean is(NDArray array) {
    return switch (this) {
      case FLOAT32 -> array.getDataType() == DataType.FLOAT32;
      case FLOAT16 -> array.getDataType() == DataType.FLOAT16;
      case BFLOAT16 -> Bfloat16.is(array);
    };
  }

  /** Returns a copy in this type, rounded to nearest, ties to even, that belongs to {@code owner}. */
  NDArray copy(NDArray array, NDManager owner) {
    return half == null
        ? Bfloat16.toFloat32(array, owner)
        : TorchFunctions.toHalf(array, half, owner);
  }
}
