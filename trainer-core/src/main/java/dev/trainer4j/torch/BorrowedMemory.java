// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Keeps the Java memory that arrays of a scope borrow, also of arrays that are closed already.
 *
 * <p>On a CPU an array that is made from Java values is a view of a direct buffer, and nothing but the
 * {@code NDArray} keeps that buffer from the garbage collector. {@code x.mul(2)} makes such an array of
 * its number and closes it at once, while libtorch's graph keeps the view for the backward pass. A
 * collection in between frees the memory, and gradients are computed from whatever comes to lie there.
 *
 * <p>DJL offers no place to step in, so this is a scope's own map with eyes.
 */
final class BorrowedMemory extends IdentityHashMap<NDArray, NDArray> {

  private static final long serialVersionUID = 1;

  private static final VarHandle RESOURCES =
      field(NDScope.class, "resources", IdentityHashMap.class);
  private static final VarHandle BUFFER = field(PtNDArray.class, "dataRef", ByteBuffer.class);

  private final transient List<ByteBuffer> buffers = new ArrayList<>();

  private BorrowedMemory() {}

  /** Starts keeping the memory of what is registered with {@code scope}, which must be new. */
  static BorrowedMemory of(NDScope scope) {
    BorrowedMemory memory = new BorrowedMemory();
    RESOURCES.set(scope, memory);
    return memory;
  }

  private static VarHandle field(Class<?> owner, String name, Class<?> type) {
    try {
      return MethodHandles.privateLookupIn(owner, MethodHandles.lookup())
          .findVarHandle(owner, name, type);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          owner.getName()
              + " has no accessible field '"
              + name
              + "', so memory that gradients are computed from cannot be kept: use the version of"
              + " DJL that Trainer4J was built with",
          e);
    }
  }

  @Override
  public NDArray put(NDArray array, NDArray same) {
    if (array instanceof PtNDArray torch) {
      ByteBuffer buffer = (ByteBuffer) BUFFER.get(torch);
      if (buffer != null) {
        buffers.add(buffer);
      }
    }
    return super.put(array, same);
  }

  /** Hands what is kept to another scope. */
  void moveTo(BorrowedMemory other) {
    other.buffers.addAll(buffers);
    buffers.clear();
  }
}
