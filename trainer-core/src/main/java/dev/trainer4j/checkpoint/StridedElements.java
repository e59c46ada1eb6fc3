// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.nio.ByteBuffer;

/** Walks the elements of a tensor in the order of its indices, wherever they lie. */
final class StridedElements {
  private final TorchTensor tensor;
  private final ByteBuffer storage;
  private final int width;
  private final long[] index;
  private long at;

  /**
   * Starts at the first element.
   *
   * @param storage all of the tensor's storage, little-endian
   */
  StridedElements(TorchTensor tensor, ByteBuffer storage) {
    this.tensor = tensor;
    this.storage = storage;
    width = tensor.storage().type().bits() / 8;
    index = new long[tensor.shape().size()];
    at = tensor.offset();
  }

  /** Fills a chunk with the elements that come next; BF16 is widened to FLOAT32. */
  void copyTo(ByteBuffer chunk) throws TorchFileException {
    boolean widen = tensor.storage().type() == SafetensorsType.BF16;
    boolean bool = tensor.storage().type() == SafetensorsType.BOOL;
    while (chunk.hasRemaining()) {
      int position = Math.toIntExact(at * width);
      if (widen) {
        // A BF16 is the upper half of a float.
        chunk.putInt(storage.getShort(position) << 16);
      } else {
        for (int i = 0; i < width; i++) {
          chunk.put(storage.get(position + i));
        }
        if (bool && (storage.get(position) & ~1) != 0) {
          throw new TorchFileException("holds a boolean that is neither 0 nor 1");
        }
      }
      advance();
    }
  }

  private void advance() {
    for (int i = index.length - 1; i >= 0; i--) {
      at += tensor.strides().get(i);
      if (++index[i] < tensor.shape().get(i)) {
        return;
      }
      at -= index[i] * tensor.strides().get(i);
      index[i] = 0;
    }
  }
}
