// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;

/** Every call of TorchScript, which {@link ExactCalls} keeps exact. */
final class ScriptCalls {

  private ScriptCalls() {}

  /** Calls a method within autograd, as DJL names it among the arguments. */
  static NDList forward(PtSymbolBlock module, NDList arguments) {
    return ExactCalls.run(() -> IValueUtils.forward(module, arguments, true));
  }

  /** Calls a method outside of autograd; the caller closes what it returns. */
  static IValue run(PtSymbolBlock module, String method, IValue... arguments) {
    return ExactCalls.run(() -> IValueUtils.runMethod(module, method, arguments));
  }
}
