// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import java.util.List;

/**
 * A function of one array and of parameters that comes with the kernel of its own gradients, so that
 * autograd need not record it: two kernels instead of two operators and a node for each layer.
 *
 * <p>The text is a class with these methods:
 *
 * <pre>
 * def forward_pass(self, x: Tensor, ws: List[Tensor]) -&gt; Tuple[Tensor, List[Tensor]]
 *   # the output, and what backward_pass needs; raises {@link #INPUT_HAS_GRADIENT} if x requires one
 * def backward_pass(self, saved: List[Tensor], ws: List[Tensor], grads: List[Tensor],
 *                   seen: List[int], places: List[int]) -&gt; int
 *   # takes the output's gradient from the end of grads, and puts that of ws[i] at grads[places[i]], where
 *   # seen becomes 1; returns how many of these places are empty
 * </pre>
 */
public final class KernelFunction implements AutoCloseable {

  /** What the kernel says of an input that only autograd can go on from: DJL cannot tell. */
  public static final String INPUT_HAS_GRADIENT = "the input of the kernel requires a gradient";

  private final PtNDManager manager;
  private final PtSymbolBlock module;
  private final List<NDArray> parameters;
  private final IValue parameterList;

  /**
   * Compiles the function.
   *
   * @param className the class that the text defines
   * @param source TorchScript, as {@code kernels.py} beside this class shows it
   * @param parameters what the kernels get as {@code ws}; they stay the caller's
   */
  public KernelFunction(String className, String source, List<NDArray> parameters) {
    manager = (PtNDManager) TorchEngine.get().newBaseManager(Device.cpu());
    manager.setName("kernels " + className);
    try {
      module = TorchScriptArchive.load(manager, className, source);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
    this.parameters = List.copyOf(parameters);
    parameterList = Kernels.list(parameters);
  }

  /** Returns the parameters, in the order of {@code ws}. */
  List<NDArray> parameters() {
    return parameters;
  }

  /** The output and what backward needs; the caller closes both. */
  IValue[] forward(IValue x) {
    try (IValue both = ScriptCalls.run(module, "forward_pass", x, parameterList)) {
      return both.toIValueTuple();
    }
  }

  /** Returns how many of its parameters have a gradient now. */
  long backward(IValue saved, IValue gradients, IValue seen, IValue places) {
    try (IValue missing =
        ScriptCalls.run(module, "backward_pass", saved, parameterList, gradients, seen, places)) {
      return parameters.size() - missing.toLong();
    }
  }

  @Override
  public void close() {
    parameterList.close();
    module.close();
    manager.close();
  }
}
