// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

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
    } catch (ArithmeticException e) {
      throw outside(shape);
    }
    return new TorchTensor(storage, offset, shape, strides);
  }

  private static TorchFileException outside(List<Long> shape) {
    return new TorchFileException("a tensor of shape " + shape + " is not within its storage");
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
