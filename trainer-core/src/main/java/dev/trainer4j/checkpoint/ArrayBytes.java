// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The memory of arrays, in chunks that fit a buffer.
 *
 * <p>Every intermediate array goes to a CPU manager that is closed with its chunk. That matters for
 * arrays on a GPU: where the manager of an array is on another device than the target, DJL copies
 * into a manager that it never closes.
 */
public final class ArrayBytes {
  /** One buffer holds less than 2 GiB. */
  private static final long CPU_CHUNK = 1L << 30;

  /** Bounds the host memory that a copy from a GPU takes. */
  private static final long GPU_CHUNK = 64L << 20;

  /** What is done with a part of an array's memory. */
  @FunctionalInterface
  public interface ChunkAction {
    /**
     * Visits a chunk.
     *
     * @param chunk the memory itself for an array on the CPU, a copy otherwise
     * @param offset of the chunk, in bytes from the start of the array
     * @throws IOException if its bytes cannot be read or written
     */
    void accept(ByteBuffer chunk, long offset) throws IOException;
  }

  private ArrayBytes() {}

  static void forEach(NDArray array, ChunkAction action) throws IOException {
    forEach(array, action, array.getDevice().isGpu() ? GPU_CHUNK : CPU_CHUNK);
  }

  static void forEach(NDArray array, ChunkAction action, long chunkBytes) throws IOException {
    long size = array.size();
    int width = array.getDataType().getNumOfBytes();
    long step = Math.max(1, chunkBytes / width);
    NDManager owner = array.getManager();
    for (long start = 0; start < size; start += step) {
      long end = Math.min(size, start + step);
      try (NDManager scratch = owner.newSubManager(Device.cpu())) {
        NDArray chunk = array.reshape(-1);
        chunk.attach(scratch);
        if (start > 0 || end < size) {
          chunk = chunk.get(scratch, new NDIndex(start + ":" + end));
        }
        action.accept(chunk.toByteBuffer(true), start * width);
      }
    }
  }

  /**
   * Makes an array and lets its memory be filled.
   *
   * @param shape of the array
   * @param type of the array; one that DJL can create (see {@link SafetensorsType#arrayType()})
   * @param manager owns the array, and says on which device it ends up
   * @param fill writes each chunk whole; chunks come in order, and are memory of the CPU
   * @return the array
   * @throws IOException if {@code fill} throws it
   */
  public static NDArray read(Shape shape, DataType type, NDManager manager, ChunkAction fill)
      throws IOException {
    try (NDManager scratch = manager.newSubManager(Device.cpu())) {
      NDArray array = scratch.create(shape, type);
      forEach(array, fill);
      if (!manager.getDevice().equals(array.getDevice())) {
        array = array.toDevice(manager.getDevice(), true);
      }
      array.attach(manager);
      return array;
    }
  }
}
