// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
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
 * <p>The switch belongs to the thread. After a call it is as DJL's property {@code
 * ai.djl.pytorch.graph_optimizer} says, on by default, as libtorch has it.
 */
final class ScriptCalls {

  private static final boolean COMPILES_OTHERWISE =
      Boolean.parseBoolean(System.getProperty("ai.djl.pytorch.graph_optimizer", "true"));

  private ScriptCalls() {}

  /** Calls a method within autograd, as DJL names it among the arguments. */
  static NDList forward(PtSymbolBlock module, NDList arguments) {
    return asWritten(() -> IValueUtils.forward(module, arguments, true));
  }

  /** Calls a method outside of autograd; the caller closes what it returns. */
  static IValue run(PtSymbolBlock module, String method, IValue... arguments) {
    return asWritten(() -> IValueUtils.runMethod(module, method, arguments));
  }

  private static <R> R asWritten(Supplier<R> call) {
    JniUtils.setGraphExecutorOptimize(false);
    try {
      return call.get();
    } finally {
      JniUtils.setGraphExecutorOptimize(COMPILES_OTHERWISE);
    }
  }
}
