// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/**
 * The part of a tensor that one rank holds: a range of its elements, counted in the order of its
 * indices, as {@code reshape(-1)} lays them out.
 *
 * @param name the name of the whole tensor
 * @param type of its elements
 * @param shape of the whole tensor
 * @param start the first element of the range, from 0
 * @param end the element after the last
 * @param content writes the little-endian bytes of the elements from start to end
 */
public record TensorPiece(
    String name,
    SafetensorsType type,
    Shape shape,
    long start,
    long end,
    TensorSource.Content content) {

  /**
   * Checks the range against the shape.
   *
   * @throws IllegalArgumentException if the tensor could not be saved whole, if the range is not
   *     within it, or if elements of its type share a byte
   */
  public TensorPiece {
    long elements = new TensorSource(name, type, shape, content).shape().size();
    if (start < 0 || end < start || end > elements) {
      throw new IllegalArgumentException(
          "Tensor %s: elements %d to %d are not a range of the %d of shape %s"
              .formatted(name, start, end, elements, shape));
    }
    if (type.bits() % Byte.SIZE != 0) {
      throw new IllegalArgumentException(
          "Tensor " + name + ": elements of " + type + " share a byte and cannot be cut");
    }
  }

  /**
   * Describes a piece whose values are those of an array when the file is written.
   *
   * @param name the name of the whole tensor
   * @param shape of the whole tensor
   * @param start the first element of the piece
   * @param values the elements from there on, of any shape; the array stays open until then, and is
   *     not closed
   * @return the piece
   * @throws IllegalArgumentException if they are more than the tensor has from {@code start} on, or
   *     {@link TensorSource#of} refuses the array
   */
  public static TensorPiece of(String name, Shape shape, long start, NDArray values) {
    TensorSource source = TensorSource.of(name, values);
    return new TensorPiece(
        name, source.type(), shape, start, start + values.size(), source.content());
  }

  /** Returns whether this is the whole tensor. */
  public boolean isWhole() {
    return start == 0 && end == shape.size();
  }
}
