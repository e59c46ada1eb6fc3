// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.pytorch.jni.JniUtils;
import java.util.function.Supplier;

/**
 * Calls of TorchScript that compute the same at each call, in each thread and in each process.
 *
 * <p>Left to itself, libtorch watches the first call of a method and compiles it for the ones that follow,
 * with gradients of its own: that of tanh is {@code g * (1 - y * y)} in three roundings where autograd has
 * one kernel. So the first update of a process would round otherwise than the later ones, and a run that is
 * resumed otherwise than one that went on. Without the compiler, every call is that first one: the text as
 * it stands, and autograd's own gradients. On a GPU the compiler would also fuse kernels, while the run
 * waits for it.
 *
 * <p>The switch belongs to the thread. Each call of a kernel turns it, unless the thread has it turned for all
 * of its calls. Afterwards it is as DJL's property {@code ai.djl.pytorch.graph_optimizer} says, on by default,
 * as libtorch has it.
 */
public final class ExactCalls implements AutoCloseable {

  private static final boolean COMPILES_OTHERWISE =
      Boolean.parseBoolean(System.getProperty("ai.djl.pytorch.graph_optimizer", "true"));

  private static final ThreadLocal<Boolean> TURNED = ThreadLocal.withInitial(() -> false);

  private final boolean outermost;

  private ExactCalls(boolean outermost) {
    this.outermost = outermost;
  }

  /** Turns the switch for all calls of this thread, until closed in it. */
  public static ExactCalls open() {
    boolean outermost = !TURNED.get();
    if (outermost) {
      JniUtils.setGraphExecutorOptimize(false);
      TURNED.set(true);
    }
    return new ExactCalls(outermost);
  }

  static <R> R run(Supplier<R> call) {
    if (TURNED.get()) {
      return call.get();
    }
    try (ExactCalls exact = open()) {
      return call.get();
    }
  }

  @Override
  public void close() {
    if (outermost) {
      TURNED.remove();
      JniUtils.setGraphExecutorOptimize(COMPILES_OTHERWISE);
    }
  }
}
