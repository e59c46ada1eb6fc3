// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;

/**
 * Owns every array that its thread creates until it closes, on whichever manager DJL put it.
 *
 * <p>DJL attaches a result to the manager of its first operand. An operation that starts from a
 * parameter therefore lands on the model's manager and would stay there for the model's life: a
 * leak a step. A scope closes those too. {@link #keep} lets an array out.
 */
public final class ArrayScope implements AutoCloseable {

  private final NDScope scope = new NDScope();

  private ArrayScope() {}

  /** Opens a scope for the calling thread; close it in the same thread. */
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
  }
}
