// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.stream.LongStream;

/**
 * A tensor to be written: what it is, and how its bytes are produced when their turn comes.
 *
 * @param name its name in the file
 * @param type its element type
 * @param shape its shape; empty for a scalar
 * @param content writes its little-endian bytes
 */
public record TensorSource(String name, SafetensorsType type, Shape shape, Content content) {

  /** Elements that are copied at once; 64 MB. */
  private static final long BFLOAT16_CHUNK = 32L << 20;

  /** Writes the bytes of a tensor. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes exactly the {@link TensorSource#byteLength()} of the tensor.
     *
     * @param channel takes each buffer whole, as a blocking channel does
     * @throws IOException if the bytes cannot be produced or written
     */
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /**
   * Checks the description.
   *
   * @throws IllegalArgumentException if the name is reserved, or the shape has no size in bytes
   */
  public TensorSource {
    if (name.equals(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException("A tensor cannot be named " + name);
    }
    if (LongStream.of(shape.getShape()).anyMatch(dimension -> dimension < 0)) {
      throw new IllegalArgumentException("Tensor " + name + ": negative size in " + shape);
    }
    try {
      type.byteLength(shape);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "Tensor " + name + ": " + type + " of shape " + shape + " has no size", e);
    }
  }

  /**
   * Describes an array, whose values are read when the file is written.
   *
   * <p>A contiguous array on the CPU is written from its own memory; one on a GPU is copied to the
   * host part by part.
   *
   * @param name its name in the file
   * @param array stays open until then, and is not closed
   * @return the source
   * @throws IllegalArgumentException if the array is sparse, or of a type that safetensors files or DJL
   *     do not have
   */
  public static TensorSource of(String name, NDArray array) {
    boolean bfloat16 = Bfloat16.is(array);
    SafetensorsType type = bfloat16 ? SafetensorsType.BF16 : typeOf(name, array);
    if (array.isSparse()) {
      throw new IllegalArgumentException("Tensor " + name + " is sparse; make it dense first");
    }
    return new TensorSource(
        name,
        type,
        array.getShape(),
        bfloat16
            ? channel -> writeBfloat16(array, channel)
            : channel -> ArrayBytes.forEach(array, (chunk, offset) -> channel.write(chunk)));
  }

  private static SafetensorsType typeOf(String name, NDArray array) {
    return SafetensorsType.of(array.getDataType())
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Tensor "
                        + name
                        + ": DJL does not hand out values of type "
                        + array.getDataType()
                        + "; cast it to FLOAT32 first"));
  }

  private static void writeBfloat16(NDArray array, WritableByteChannel channel) throws IOException {
    long size = array.size();
    for (long start = 0; start < size; start += BFLOAT16_CHUNK) {
      long end = Math.min(size, start + BFLOAT16_CHUNK);
      try (NDArray bytes = Bfloat16.bytes(array, start, end, array.getManager())) {
        ArrayBytes.forEach(bytes, (chunk, offset) -> channel.write(chunk));
      }
    }
  }

  /**
   * Returns the length of the tensor.
   *
   * @return in bytes
   */
  public long byteLength() {
    return type.byteLength(shape);
  }
}
