// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One pass outside of autograd: a {@link KernelFunction}, and cross entropy of what it returned. It
 * keeps what backward needs until {@link #forget}.
 */
final class UnrecordedPass implements AutoCloseable {

  private final Kernels kernels = Kernels.shared();
  private final List<NDArray> parameters;

  private @Nullable KernelFunction function;

  /** Where the gradients of the function's parameters belong; null if some are not wanted. */
  private @Nullable IValue places;

  private @Nullable NDArray output;
  private @Nullable IValue saved;
  private @Nullable NDArray loss;
  private @Nullable IValue lossSaved;

  UnrecordedPass(List<NDArray> parameters) {
    this.parameters = parameters;
  }

  /** Runs the function; null if it cannot be used here, or has run. */
  @Nullable NDArray run(KernelFunction of, PtNDArray x) {
    if (function == null) {
      function = of;
      places = placesOf(of);
    }
    if (function != of || places == null || output != null) {
      return null;
    }
    try (IValue value = IValue.from(x)) {
      IValue[] results = of.forward(value);
      saved = results[1];
      output = array(results[0], x);
      return output;
    } catch (EngineException e) {
      if (e.getMessage() == null || !e.getMessage().contains(KernelFunction.INPUT_HAS_GRADIENT)) {
        throw e;
      }
      return null;
    }
  }

  private @Nullable IValue placesOf(KernelFunction of) {
    IdentityHashMap<NDArray, Integer> known = new IdentityHashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      known.put(parameters.get(i), i);
    }
    List<NDArray> own = of.parameters();
    return known.keySet().containsAll(own)
        ? IValue.listFrom(own.stream().mapToLong(known::get).toArray())
        : null;
  }

  /**
   * A kernel's result as an array on the neighbour's manager. Kernels run in libtorch's inference mode, so
   * autograd can make nothing of it; here nobody asks that of it.
   */
  private static PtNDArray array(IValue result, PtNDArray neighbour) {
    try (result) {
      return result.toTensor(neighbour.getManager());
    }
  }

  /** The summed cross entropy of the output, and the number of labels that count; null of other arrays. */
  @Nullable NDList crossEntropy(PtNDArray logits, PtNDArray labels) {
    if (output == null || output != logits || loss != null) {
      return null;
    }
    try (IValue x = IValue.from(logits);
        IValue y = IValue.from(labels);
        IValue all = kernels.value("cross_entropy_forward", x, y)) {
      IValue[] results = all.toIValueTuple();
      lossSaved = results[2];
      PtNDArray sum = array(results[0], logits);
      loss = sum;
      return new NDList(sum, array(results[1], logits));
    }
  }

  /**
   * Returns the gradients of all parameters, of those that the function does not have without elements.
   *
   * @return null if {@code from} is not the loss of this pass
   * @throws IllegalStateException if there was a pass, but this is another loss
   */
  @Nullable IValue backward(NDArray from, IValue seed, IValue parameterList, IValue seen) {
    if (output == null) {
      return null;
    }
    if (loss != from || function == null || saved == null || lossSaved == null || places == null) {
      throw new IllegalStateException(
          "the loss is not the cross entropy of what the block returned");
    }
    IValue gradients = kernels.value("cross_entropy_backward", lossSaved, seed, parameterList);
    try {
      if (function.backward(saved, gradients, seen, places) < parameters.size()) {
        kernels.run("fill", gradients, parameterList, seen);
      }
      return gradients;
    } catch (RuntimeException e) {
      gradients.close();
      throw e;
    }
  }

  /** Frees what backward needed; the output and the loss are the micro batch's. */
  void forget() {
    close(saved);
    saved = null;
    output = null;
    close(lossSaved);
    lossSaved = null;
    loss = null;
  }

  private static void close(@Nullable IValue value) {
    if (value != null) {
      value.close();
    }
  }

  @Override
  public void close() {
    forget();
    close(places);
    places = null;
    function = null;
  }
}
