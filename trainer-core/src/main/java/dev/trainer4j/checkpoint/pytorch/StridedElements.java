// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import dev.trainer4j.checkpoint.SafetensorsType;
import java.nio.ByteBuffer;

/** Walks the elements of a tensor in the order of its indices, wherever they lie. */
final class StridedElements {
  private final ByteBuffer elements;
  private final int width;
  private final boolean bool;
  private final long[] shape;
  private final long[] strides;
  private final long[] index;
  private long at;

  /**
   * Starts at the first element.
   *
   * @param elements the part of the storage from the tensor's first element to its last
   */
  StridedElements(TorchTensor tensor, ByteBuffer elements) {
    this.elements = elements;
    width = tensor.width();
    bool = tensor.storage().type() == SafetensorsType.BOOL;
    shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
    strides = tensor.strides().stream().mapToLong(Long::longValue).toArray();
    index = new long[shape.length];
  }

  /** Fills a chunk with the elements that come next. */
  void copyTo(ByteBuffer chunk) throws TorchFileException {
    while (chunk.hasRemaining()) {
      int position = Math.toIntExact(at * width);
      for (int i = 0; i < width; i++) {
        chunk.put(elements.get(position + i));
      }
      // C++ takes any other value of a bool for undefined behaviour.
      if (bool && (elements.get(position) & ~1) != 0) {
        throw new TorchFileException("holds a boolean that is neither 0 nor 1");
      }
      advance();
    }
  }

  private void advance() {
    for (int i = index.length - 1; i >= 0; i--) {
      at += strides[i];
      if (++index[i] < shape[i]) {
        return;
      }
      at -= index[i] * strides[i];
      index[i] = 0;
    }
  }
}
