// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import ai.djl.ndarray.types.Shape;
import java.util.List;

/**
 * A tensor of a file of {@code torch.save}: a view of a storage.
 *
 * @param storage holds the elements
 * @param offset of the first element
 * @param shape 0 or more in each dimension
 * @param strides elements from one index of a dimension to the next, 0 or more
 */
record TorchTensor(TorchStorage storage, long offset, List<Long> shape, List<Long> strides) {
  private static final int MAX_RANK = 64;

  /** What a small file may grow to by saying the same elements again and again. */
  private static final long MAX_REPEATED = 64L << 20;

  TorchTensor {
    shape = List.copyOf(shape);
    strides = List.copyOf(strides);
  }

  /** Makes a tensor whose every element lies in the storage. */
  static TorchTensor checked(
      TorchStorage storage, long offset, List<Long> shape, List<Long> strides)
      throws TorchFileException {
    if (shape.size() != strides.size() || shape.size() > MAX_RANK || offset < 0) {
      throw outside(shape);
    }
    try {
      long elements = 1;
      long last = offset;
      for (int i = 0; i < shape.size(); i++) {
        if (shape.get(i) < 0 || strides.get(i) < 0) {
          throw outside(shape);
        }
        elements = Math.multiplyExact(elements, (long) shape.get(i));
        last = Math.addExact(last, Math.multiplyExact(shape.get(i) - 1, (long) strides.get(i)));
      }
      if (elements > 0 ? last >= storage.elements() : offset > storage.elements()) {
        throw outside(shape);
      }
      if (elements > storage.elements()
          && storage.type().byteLength(new Shape(elements)) > MAX_REPEATED) {
        throw new TorchFileException(
            "a tensor of shape %s repeats the %d elements of its storage, which is refused"
                .formatted(shape, storage.elements()));
      }
    } catch (ArithmeticException e) {
      throw outside(shape);
    }
    return new TorchTensor(storage, offset, shape, strides);
  }

  private static TorchFileException outside(List<Long> shape) {
    return new TorchFileException("a tensor of shape " + shape + " is not within its storage");
  }

  /** Returns the bytes of an element. */
  int width() {
    return storage.type().bits() / Byte.SIZE;
  }

  /** Returns the bytes of all elements. */
  long byteLength() {
    return storage.type().byteLength(arrayShape());
  }

  Shape arrayShape() {
    return new Shape(shape.stream().mapToLong(Long::longValue).toArray());
  }

  /** Returns how many elements of the storage lie from the first to the last of this tensor. */
  long span() {
    long last = 0;
    for (int i = 0; i < shape.size(); i++) {
      if (shape.get(i) == 0) {
        return 0;
      }
      last += (shape.get(i) - 1) * strides.get(i);
    }
    return last + 1;
  }

  /** Whether the elements lie one after the other. */
  boolean isContiguous() {
    long expected = 1;
    for (int i = shape.size() - 1; i >= 0; i--) {
      if (shape.get(i) != 1 && strides.get(i) != expected) {
        return false;
      }
      expected *= shape.get(i);
    }
    return true;
  }
}
