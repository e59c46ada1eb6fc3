// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.jni.JniUtils;
import org.jspecify.annotations.Nullable;

/**
 * Owns every array that its thread creates until it closes, on whichever manager DJL put it.
 *
 * <p>DJL attaches a result to the manager of its first operand. An operation that starts from a
 * parameter therefore lands on the model's manager and would stay there for the model's life: a
 * leak a step. A scope closes those too. {@link #keep} lets an array out.
 *
 * <p>It also keeps the Java memory behind numbers and values that a graph has seen ({@link
 * BorrowedMemory}), so a backward pass belongs into the scope of its forward pass. A scope that closes
 * while recording leaves that memory to the one around it.
 */
public final class ArrayScope implements AutoCloseable {

  private static final ThreadLocal<@Nullable ArrayScope> INNERMOST = new ThreadLocal<>();

  private final @Nullable ArrayScope outer = INNERMOST.get();
  private final NDScope scope = new NDScope();
  private final BorrowedMemory memory = BorrowedMemory.of(scope);
  private boolean closed;

  private ArrayScope() {
    INNERMOST.set(this);
  }

  /** Opens a scope for the calling thread; close it in the same thread, the last one first. */
  public static ArrayScope open() {
    return new ArrayScope();
  }

  /** Hands {@code array} to {@code owner}: it outlives this scope. */
  public static NDArray keep(NDArray array, NDManager owner) {
    NDScope.unregister(array);
    array.attach(owner);
    return array;
  }

  @Override
  public void close() {
    scope.close();
    closed = true;
    ArrayScope next = outer;
    while (next != null && next.closed) {
      next = next.outer; // Closed out of order; its memory is nobody's any more.
    }
    if (next == null) {
      INNERMOST.remove();
    } else {
      INNERMOST.set(next);
      if (JniUtils.isGradMode()) {
        memory.moveTo(next.memory);
      }
    }
  }
}
