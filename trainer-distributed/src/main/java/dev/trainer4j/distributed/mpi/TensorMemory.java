// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import ai.djl.ndarray.NDArray;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import dev.trainer4j.torch.Autograd;

/**
 * The memory of a tensor. It is the tensor's own, and stays where it is as long as the tensor is open.
 *
 * @param start of its first element
 * @param count of its elements
 */
record TensorMemory(Pointer start, long count, ElementType type) {

  static TensorMemory of(NDArray array) {
    ElementType type = ElementType.of(array.getDataType());
    if (array.getDevice().isGpu()) {
      throw new IllegalArgumentException(
          "a tensor on "
              + array.getDevice()
              + " cannot be exchanged by Open MPI: train on the CPU, or start the processes with ddp_backend nccl.");
    }
    if (array.isSparse()) {
      throw new IllegalArgumentException(
          "a sparse tensor of the shape "
              + array.getShape()
              + " cannot be exchanged: make it dense.");
    }
    long count = array.size();
    return new TensorMemory(count == 0 ? Pointer.NULL : start(array, type), count, type);
  }

  private static Pointer start(NDArray array, ElementType type) {
    if (array.size() * type.bytes() <= Integer.MAX_VALUE) {
      return Native.getDirectBufferPointer(array.toByteBuffer(true));
    }
    // A buffer of Java cannot hold it all, but one of its first element begins where the tensor
    // does.
    try (Autograd.Recording off = Autograd.record(false);
        NDArray flat = array.reshape(-1);
        NDArray first = flat.get("0:1")) {
      return Native.getDirectBufferPointer(first.toByteBuffer(true));
    }
  }

  /** The address of an element. */
  Pointer at(long element) {
    return start.share(element * type.bytes());
  }

  /** Copies elements from one place to another that do not overlap. */
  void move(long from, long to, long elements) {
    long bytes = elements * type.bytes();
    long step = 1L << 30;
    for (long done = 0; done < bytes; done += step) {
      long part = Math.min(step, bytes - done);
      at(to).getByteBuffer(done, part).put(at(from).getByteBuffer(done, part));
    }
  }
}
