// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Passes outside of autograd: a {@link KernelFunction}, and the cross entropy of what it returned, as
 * one kernel forward and one backward each.
 *
 * <p>What backward needs is kept from {@link #run} to {@link #forget}.
 */
public final class UnrecordedPass implements AutoCloseable {

  private final Kernels kernels = Kernels.shared();
  private final KernelFunction function;
  private final FreshGradients target;

  /** Where the gradients of the function's parameters belong. */
  private final IValue places;

  private @Nullable NDArray output;
  private @Nullable IValue saved;
  private @Nullable NDArray loss;
  private @Nullable IValue lossSaved;

  private UnrecordedPass(KernelFunction function, FreshGradients target, long[] places) {
    this.function = function;
    this.target = target;
    this.places = IValue.listFrom(places);
  }

  /**
   * Binds a function to the gradients that its backward passes give.
   *
   * @return null if a parameter of the function is none of those whose gradients are wanted
   */
  public static @Nullable UnrecordedPass of(KernelFunction function, FreshGradients target) {
    IdentityHashMap<NDArray, Integer> known = new IdentityHashMap<>();
    List<NDArray> wanted = target.parameters();
    for (int i = 0; i < wanted.size(); i++) {
      known.put(wanted.get(i), i);
    }
    List<NDArray> own = function.parameters();
    return known.keySet().containsAll(own)
        ? new UnrecordedPass(function, target, own.stream().mapToLong(known::get).toArray())
        : null;
  }

  /**
   * Runs the function outside of autograd. The only thing to do with the result is {@link
   * #crossEntropy}, and with that, {@link #backward}.
   *
   * @return null if x itself takes part in gradients, or the function has run in this micro batch: then
   *     autograd must do it
   */
  public @Nullable NDArray run(NDArray x) {
    if (output != null) {
      return null;
    }
    try (IValue value = IValue.from((PtNDArray) x)) {
      IValue[] results = function.forward(value);
      saved = results[1];
      output = array(results[0], (PtNDArray) x);
      return output;
    } catch (EngineException e) {
      if (e.getMessage() == null || !e.getMessage().contains(KernelFunction.INPUT_HAS_GRADIENT)) {
        throw e;
      }
      return null;
    }
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

  /**
   * Returns the summed cross entropy of what {@link #run} returned and the number of labels that count,
   * both scalars.
   *
   * @param labels shape [batch], integers in [0, classes) or -100
   */
  public NDList crossEntropy(NDArray labels) {
    PtNDArray logits = (PtNDArray) Objects.requireNonNull(output, "run comes first");
    try (IValue x = IValue.from(logits);
        IValue y = IValue.from((PtNDArray) labels);
        IValue all = kernels.value("cross_entropy_forward", x, y)) {
      IValue[] results = all.toIValueTuple();
      lossSaved = results[2];
      PtNDArray sum = array(results[0], logits);
      loss = sum;
      return new NDList(sum, array(results[1], logits));
    }
  }

  /** Returns whether {@code array} is the loss that {@link #crossEntropy} gave in this micro batch. */
  public boolean isLoss(NDArray array) {
    return loss != null && loss == array;
  }

  /** Gives the gradients of the loss, times {@code seed}, to those that were wanted. */
  void backward(NDArray seed) {
    IValue forFunction = Objects.requireNonNull(saved, "run comes first");
    IValue forLoss = Objects.requireNonNull(lossSaved, "crossEntropy comes first");
    try (IValue seedValue = IValue.from((PtNDArray) seed)) {
      IValue gradients =
          kernels.value("cross_entropy_backward", forLoss, seedValue, target.parameterList());
      try {
        if (function.backward(forFunction, gradients, target.seen(), places)
            < target.parameters().size()) {
          kernels.run("fill", gradients, target.parameterList(), target.seen());
        }
      } catch (RuntimeException e) {
        gradients.close();
        throw e;
      }
      target.add(gradients);
    }
  }

  /** Frees what backward needed; the output and the loss are the micro batch's. */
  public void forget() {
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
    places.close();
  }
}
